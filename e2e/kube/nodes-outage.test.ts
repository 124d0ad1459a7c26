import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { cannotBuild } from "../image/requirements.ts";
import { noHome } from "../netlab/home.ts";
import { NAME_SERVERS } from "../netlab/name-servers.ts";
import { pause } from "../until.ts";
import { Installation, type Move } from "./installation.ts";
import type { InstalledPod, NodeName } from "./installed-pods.ts";
import { noNodes } from "./programs.ts";

/** For how many seconds there is no API server. */
const OUTAGE = Number(process.env["ESDDNS_OUTAGE"] ?? 120);
/** Whoever led writes a turn of 20 s after it has seen a change: another node may do it before. */
const TURN = 20_000;
/** Of the API server until a pod reaches it: after a restart kube-proxy takes its time. */
const RETURN = 90_000;

describe.skipIf(noNodes() || noHome(...NAME_SERVERS) || cannotBuild())("without the API server", () => {
  let lab: Installation;
  let pods: readonly InstalledPod[];
  let leader: NodeName;
  let before: number;
  beforeAll(async () => {
    lab = await Installation.start();
  }, 300_000);
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(async () => {
    leader = await lab.leader();
    pods = await lab.pods();
    before = lab.writes;
  });

  /** All know the address, nobody was restarted, and nobody writes any more. */
  const isWell = async ({ address }: Move) => {
    const took = await lab.agreed(address, { pods, within: RETURN });
    await lab.leader();
    await pause(5000);
    expect(await lab.pods()).toEqual(pods);
    return `${(took / 1000).toFixed(1)} s`;
  };

  it(
    `writes a change once while it is stopped for ${OUTAGE} s`,
    { timeout: OUTAGE * 1000 + 180_000 },
    async () => {
      const start = Date.now();
      // It is no fault of its that it runs already
      onTestFinished(() => lab.nodes.cluster("start-api").then(ignore, ignore));
      await lab.nodes.cluster("stop-api");
      await pause(OUTAGE * 250);
      const move = lab.move();
      const took = await lab.follows(move, TURN + 20_000);
      console.log(`API server stopped: the record is right ${(took / 1000).toFixed(1)} s after a change`);
      await pause(OUTAGE * 1000 - (Date.now() - start));
      for (const pod of pods) expect(await lab.metrics(pod)).toMatch(/^esddns_shared_address_watching 0$/m);
      await lab.nodes.cluster("start-api");
      console.log(`and all agree ${await isWell(move)} after it is back`);
      expect(lab.writers(before)).toEqual([leader]);
    },
  );

  it("writes a change once while it is frozen for 30 s", async () => {
    onTestFinished(() => lab.nodes.cluster("resume-api").then(ignore));
    await lab.nodes.cluster("pause-api");
    await pause(15_000);
    const move = lab.move();
    await pause(15_000);
    await lab.nodes.cluster("resume-api");
    const took = await lab.follows(move, TURN + 20_000);
    console.log(`API server frozen: the record is right ${(took / 1000).toFixed(1)} s after a change`);
    console.log(`and all agree ${await isWell(move)} later`);
    expect(lab.writers(before)).toHaveLength(1);
  });

  it("writes a change once while it restarts", async () => {
    const restarting = lab.nodes.cluster("restart-api", "5");
    await pause(3000);
    const move = lab.move();
    await restarting;
    const took = await lab.follows(move, TURN + 20_000);
    console.log(`API server restarted: the record is right ${(took / 1000).toFixed(1)} s after a change`);
    console.log(`and all agree ${await isWell(move)} later`);
    expect(lab.writers(before)).toHaveLength(1);
  });
});

function ignore(): void {}
