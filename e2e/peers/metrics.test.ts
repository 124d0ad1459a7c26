import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { GROUPS } from "#metrics/definitions.ts";
import { clusterState } from "#testing/cluster-state.ts";
import { operators } from "#testing/engine-world.ts";
import { meteredWorld, parseSamples } from "#testing/metered-world.ts";
import { run, runWell } from "../child.ts";
import { missing, peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import { type Dashboard, dashboard } from "./grafana-dashboard.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const MONITORING = path.join(ROOT, "examples/monitoring");
const RUNBOOKS = path.join(ROOT, "docs/runbooks");
const TRUTH = "44.128.10.77";
const NEXT = "44.128.20.5";
const LIE = "44.128.66.66";
const MINUTE = 60_000;

const rules = z.object({
  groups: z.tuple([
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
          annotations: z.strictObject({
            summary: z.string().min(1),
            description: z.string().min(1),
            runbook_url: z.url(),
          }),
        }),
      ),
    }),
  ]),
});

const ruleTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(
        z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).optional() }),
      ),
    }),
  ),
});

const alerts = rules.parse(parse(read("alerts.yaml"))).groups[0].rules;
const board = dashboard.parse(JSON.parse(read("grafana-dashboard.json")));

function read(name: string): string {
  return readFileSync(path.join(MONITORING, name), "utf8");
}

function promtool(words: readonly string[], input?: string) {
  return run([peerPath("promtool"), ...words], {
    cwd: MONITORING,
    ...(input === undefined ? {} : { input }),
  });
}

/** What /metrics says after everything that can happen has happened to an engine. */
let eventful: Promise<string> | undefined;

function eventfulOutput(): Promise<string> {
  return (eventful ??= passLife());
}

async function passLife(): Promise<string> {
  let refusals = 1;
  await using it = await meteredWorld({
    witnesses: [
      ...operators(5, 3),
      { operator: "liar", behaviour: { says: LIE, after: 60 } },
      { operator: "deaf", behaviour: { fails: "refused", after: 1 } },
    ],
    showsAddress: true,
    storeSize: 65_536,
    cluster: (now) => clusterState(now, { role: { kind: "leading" } }),
    prepare: (world) => {
      const busy = { kind: "failed", error: new Error("busy") } as const;
      world.established(TRUTH).provider.script = () => (refusals-- > 0 ? busy : undefined);
    },
  });
  await it.world.clock.advance(90 * MINUTE);
  // The line flaps: the third change has to wait
  for (const address of [NEXT, TRUTH, NEXT, TRUTH]) {
    it.world.move(address);
    it.engine.trigger("gateway");
    await it.world.clock.advance(4000);
  }
  await it.world.clock.advance(10 * MINUTE);
  it.metrics.answered({ method: "GET", endpoint: "/", status: 200 });
  // The event loop is looked at every half second
  await new Promise((resolve) => setTimeout(resolve, 1200));
  return (await it.metrics.render()).text;
}

/** Names of series, without what a histogram adds to its own. */
function metricsIn(expression: string): readonly string[] {
  const names = expression.matchAll(/\b((?:esddns|nodejs|process)_[a-z0-9_]+?)(?:_bucket)?\b/g);
  return [...names].map(([, name = ""]) => name);
}

const expressions = (of: Dashboard): readonly string[] => [
  ...of.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...of.annotations.list.map(({ expr }) => expr),
  ...of.templating.list.flatMap(({ definition }) => (definition === undefined ? [] : [definition])),
];

describe.skipIf(missing("promtool"))("/metrics", () => {
  it("is what promtool wants, with nothing to complain about", async () => {
    const output = await eventfulOutput();
    expect(await promtool(["check", "metrics"], output)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    // It does look
    const bad = await promtool(["check", "metrics"], "# TYPE a_total gauge\na_total 1\n");
    expect(bad.status).not.toBe(0);
  });

  it("is read whatever its labels are made of", async () => {
    const hostile = 'a"} 1\nesddns_forged 1\n# \\ \u0000\r\u{D800}é';
    await using it = await meteredWorld({
      witnesses: [{ operator: hostile, behaviour: { fails: "refused", after: 1 } }],
    });
    it.metrics.notified(hostile, "failed");
    it.metrics.answered({ method: hostile, endpoint: hostile, status: 200 });
    const { text } = await it.metrics.render();
    expect(await promtool(["check", "metrics"], text)).toMatchObject({ status: 0, stderr: "" });
  });

  it("has every metric that is defined, and so every one that alerts and dashboard name", async () => {
    const samples = [...parseSamples(await eventfulOutput()).keys()].map((series) => series.split("{")[0]);
    const shown = new Set(samples.map((name) => name?.replace(/_(bucket|sum|count)$/, "")));
    const defined = GROUPS.flatMap(({ metrics }) => metrics).map(({ name }) => name);
    expect(defined.filter((name) => !shown.has(name))).toEqual([]);
    const used = [...alerts.map(({ expr }) => expr), ...expressions(board)].flatMap(metricsIn);
    expect(used.length).toBeGreaterThan(50);
    expect(used.filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe.skipIf(missing("promtool"))("the alerts", () => {
  it("are valid, and so is what Prometheus needs", async () => {
    expect(await promtool(["check", "rules", "alerts.yaml"])).toMatchObject({ status: 0, stderr: "" });
    expect(await promtool(["check", "config", "prometheus.yml"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("are valid together with what Prometheus needs in a cluster", async () => {
    using scratch = new Scratch();
    // Debian's promtool is built without it
    const pods = "kubernetes_sd_configs:\n      - role: pod\n";
    const given = read("prometheus-kubernetes.yml");
    expect(given).toContain(pods);
    const text = given
      .replace(pods, 'static_configs: [{ targets: ["10.0.0.1:8080"] }]\n')
      .replace("alerts.yaml", path.join(MONITORING, "alerts.yaml"));
    const file = scratch.write("prometheus.yml", text);
    expect(await promtool(["check", "config", file])).toMatchObject({ status: 0, stderr: "" });
  });

  it("fire when they should, and stay quiet otherwise", async () => {
    await runWell([peerPath("promtool"), "test", "rules", path.join(MONITORING, "alerts.test.yaml")]);
  });

  it("have each a case that fires, a case that stays quiet, and a page", () => {
    const cases = ruleTests
      .parse(parse(read("alerts.test.yaml")))
      .tests.flatMap((one) => one.alert_rule_test);
    const firing = cases.filter(({ exp_alerts = [] }) => exp_alerts.length > 0);
    const quiet = cases.filter(({ exp_alerts = [] }) => exp_alerts.length === 0);
    const names = alerts.map(({ alert }) => alert).toSorted();
    const namesOf = (some: typeof cases) => [...new Set(some.map(({ alertname }) => alertname))].toSorted();
    expect(namesOf(firing)).toEqual(names);
    expect(namesOf(quiet)).toEqual(names);
    const pages = readdirSync(RUNBOOKS).filter((name) => name !== "README.md");
    expect(pages.toSorted()).toEqual(names.map((name) => `${name}.md`));
    for (const { alert, annotations } of alerts)
      expect(annotations.runbook_url).toMatch(new RegExp(`/blob/main/docs/runbooks/${alert}\\.md$`));
    const list = readFileSync(path.join(RUNBOOKS, "README.md"), "utf8");
    for (const name of names) expect(list).toContain(`[${name}](${name}.md)`);
  });

  it("have pages that name no metric that does not exist", () => {
    const defined = new Set(GROUPS.flatMap(({ metrics }) => metrics).map(({ name }) => name));
    for (const page of readdirSync(RUNBOOKS)) {
      const named = metricsIn(readFileSync(path.join(RUNBOOKS, page), "utf8"));
      expect(named.filter((name) => !defined.has(name))).toEqual([]);
    }
  });
});

describe.skipIf(missing("promtool"))("the dashboard", () => {
  it("has expressions that Prometheus understands, with labels that there are", async () => {
    using scratch = new Scratch();
    const filled = expressions(board)
      .filter((expr) => !expr.startsWith("label_values("))
      .map((expr) => expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(job|instance)\b/g, ".*"));
    const file = scratch.write(
      "dashboard.json",
      JSON.stringify({
        groups: [
          { name: "dashboard", rules: filled.map((expr, index) => ({ record: `panel:${index}`, expr })) },
        ],
      }),
    );
    await runWell([peerPath("promtool"), "check", "rules", file]);
    expect(filled.length).toBeGreaterThan(30);
    for (const expr of [...filled, ...alerts.map(({ expr }) => expr)]) expectLabels(expr);
  });

  it("lies in rows, each panel in a place of its own", () => {
    const rows = board.panels.filter(({ type }) => type === "row").map(({ title }) => title);
    expect(rows).toEqual([
      "Address and verdicts",
      "Records",
      "Witnesses",
      "Providers",
      "Cluster",
      "Service and process",
    ]);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(board.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it("asks the chosen data source, and nothing else", () => {
    expect(board.templating.list.map(({ name }) => name)).toEqual(["datasource", "job", "instance"]);
    const sources = [...read("grafana-dashboard.json").matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid);
    expect(new Set(sources)).toEqual(new Set(["${datasource}", "esddns"]));
  });
});

/** Those of selectors, by the definition of what they select. */
function expectLabels(expr: string): void {
  const definitions = new Map(GROUPS.flatMap(({ metrics }) => metrics).map((one) => [one.name, one]));
  for (const [, name = "", selector = ""] of expr.matchAll(/\b([a-z_0-9]+?)(?:_bucket)?\{([^}]*)\}/g)) {
    const allowed = new Set<string>([...(definitions.get(name)?.labels ?? []), "job", "instance"]);
    const used = [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label);
    expect({ name, unknown: used.filter((label) => !allowed.has(label)) }).toEqual({ name, unknown: [] });
  }
}
