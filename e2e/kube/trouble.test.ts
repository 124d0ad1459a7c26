import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../lab.ts";
import { pause, until } from "../until.ts";
import { Cluster } from "./cluster.ts";
import { OperatorProcess } from "./operator-process.ts";
import { noCluster } from "./programs.ts";
import { Scene } from "./scene.ts";

const SECRET = "/var/run/secrets/esddns/api-key";
const WATCHED = 20_000;

type Mistake = readonly [
  what: string,
  words: string,
  env: Readonly<Record<string, string>>,
  sections: Config,
];

const MISTAKES: readonly Mistake[] = [
  ["a node without a name", "set it from spec.nodeName by the downward API", { NODE_NAME: "" }, {}],
  [
    "a key of a Secret that is not there",
    `Cannot read a secret from the file "${SECRET}"`,
    {},
    { providers: { main: { type: "gandi", token: { file: SECRET } } } },
  ],
  ["no way to the API server", `Cannot use the kubeconfig "/nowhere"`, { KUBECONFIG: "/nowhere" }, {}],
  ["a misspelt key", "did you mean `configMap`?", {}, { kubernetes: { configmap: "x" } }],
];

describe.skipIf(noCluster())("an operator that cannot work", { concurrent: true, timeout: 180_000 }, () => {
  let cluster: Cluster;
  let scene: Scene;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: "bodies" });
    scene = await Scene.start({ cluster, agents: 1 });
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it.each(MISTAKES)("ends and says why: %s", async (_what, words, env, sections) => {
    const [first] = scene.fleet.operators;
    if (!first) throw new Error("There is no operator");
    const config = scene.outside.configFor(first.pod, sections);
    await using operator = new OperatorProcess(first.pod, config, { env });
    const { status } = await operator.exit;
    expect(status).not.toBe(0);
    expect(operator.others.join("\n")).toContain(words);
  });

  it.each([401, 403])("leaves DNS as it is when the provider answers %i, and says so", async (status) => {
    await using refused = await Scene.start({ cluster });
    const { outside, fleet } = refused;
    const [before, known] = [outside.published, outside.provider.reads.length];
    const body = { object: "HTTPError", code: status, message: "no" };
    for (const { pod } of fleet.operators)
      outside.provider.faultFor(pod.name, { kind: "status", status, body });
    refused.move();
    const event = await refused.event("RecordFailed");
    expect(event).toMatchObject({ kind: "ConfigMap", type: "Warning" });
    expect(event.message).toContain(`Gandi answers ${status}`);
    await pause(WATCHED);
    expect(outside.published).toBe(before);
    const requests = outside.provider.reads.length - known;
    console.log(`${status}: ${requests} requests of three agents to the provider in ${WATCHED / 1000} s`);
    // Tried by each of them, and then again after 2, 4 and 8 s by one
    expect(requests).toBeLessThanOrEqual(15);
    const lines = fleet.operators.map(({ log }) =>
      JSON.stringify(log.filter(({ level }) => level === "warn")),
    );
    for (const text of lines) expect(text).toMatch(/token/);
    outside.provider.heal();
    for (const one of fleet.running) one.signal("SIGUSR1");
    await until("the record to be right", () => outside.published === outside.address, 40_000);
  });
});
