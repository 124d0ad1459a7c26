import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { serviceSection } from "#config/service-section.ts";
import { summary } from "#service/api/schemas/state.ts";
import { reportSummary } from "#service/api/summary-report.ts";
import { apiRoutes } from "#service/api/routes.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";

const FOLDER = path.join(import.meta.dirname, "../../../examples/widgets");
const PATH = "/api/v1/summary";

let well: ServedWorld;
let ill: ServedWorld;

beforeAll(async () => {
  [well, ill] = await Promise.all([
    serveWorld({ kind: "empty", routes: apiRoutes }),
    serveWorld({ routes: apiRoutes }),
  ]);
  await well.context.operations.round(AbortSignal.timeout(10_000));
});

afterAll(async () => {
  await well.close();
  await ill.close();
});

function example(name: string): string {
  return readFileSync(path.join(FOLDER, name), "utf8");
}

async function textOf(world: ServedWorld): Promise<string> {
  return (await world.ask(PATH)).text();
}

async function summaryOf(world: ServedWorld) {
  return summary.parse(JSON.parse(await textOf(world)));
}

describe("the summary", () => {
  it("says that all is well, or what is not", async () => {
    expect(await summaryOf(well)).toMatchObject({
      ok: true,
      status: "ok",
      message: "IPv4 44.128.10.77, IPv6 2a10:ed1:77::1, 8 of 8 records in sync",
      ipv4Verdict: "known",
      recordsInSync: 8,
      recordsTotal: 8,
      lastChange: expect.any(String),
    });
    expect(await summaryOf(ill)).toMatchObject({ ok: false, status: "trouble", recordsInSync: 4 });
  });

  it("is not well before anything is known, and says of each family how it stands in trouble", async () => {
    const fresh = await serveWorld({ kind: "empty", routes: apiRoutes });
    expect(await summaryOf(fresh)).toMatchObject({
      ok: false,
      ipv4: null,
      ipv4Verdict: "unknown",
      lastChange: null,
    });
    await fresh.close();
    const troubled = await serveWorld({ kind: "troubled", routes: apiRoutes });
    const { message, ipv4Verdict, ipv6Verdict } = await summaryOf(troubled);
    await troubled.close();
    expect([ipv4Verdict, ipv6Verdict]).toEqual(["disputed", "unavailable"]);
    expect(message).toContain("IPv4 44.128.10.77 (disputed), IPv6 2a10:ed1:77::1 (unavailable)");
  });

  it("is not well while an address is in dispute, even if the records are still right", async () => {
    const troubled = await serveWorld({ kind: "troubled", routes: apiRoutes });
    const { families } = troubled.context.state();
    await troubled.close();
    const { context, archive } = well;
    expect(reportSummary({ ...context.state(), families }, archive)).toMatchObject({
      ok: false,
      recordsInSync: 8,
    });
  });

  it("is flat and small", async () => {
    const values = Object.values(await summaryOf(ill));
    expect(values.filter((value) => typeof value === "object" && value !== null)).toEqual([]);
    expect((await textOf(ill)).length).toBeLessThan(600);
  });
});

describe("the configuration that widgets need", () => {
  it("is one that the daemon takes", () => {
    const [, block = ""] = /```yaml\n([^]*?)```/.exec(example("README.md")) ?? [];
    const section = z.object({ service: serviceSection }).parse(parse(block)).service;
    expect(section).toMatchObject({ hosts: ["esddns.lan"], tokens: [{ scopes: ["read"] }] });
  });
});

describe("the example for Homepage", () => {
  const schema = z.tuple([
    z.object({
      Network: z.tuple([
        z.object({
          esddns: z.object({
            widget: z.object({
              type: z.literal("customapi"),
              url: z.url(),
              headers: z.object({ Authorization: z.string().regex(/^Bearer \{\{HOMEPAGE_VAR_\w+\}\}$/) }),
              mappings: z
                .array(
                  z.strictObject({
                    field: z.keyof(summary),
                    label: z.string(),
                    format: z.enum(["number", "relativeDate"]).optional(),
                    remap: z.array(z.object({ value: z.string().optional(), to: z.string() })).optional(),
                  }),
                )
                // More are not shown without `display: list`
                .max(4),
            }),
          }),
        }),
      ]),
    }),
  ]);

  it("maps fields that are there, in formats that they have", async () => {
    const [{ Network }] = schema.parse(parse(example("homepage.yaml")));
    const { url, mappings } = Network[0].esddns.widget;
    expect(new URL(url).pathname).toBe(PATH);
    const current = await summaryOf(well);
    for (const { field, format, remap = [] } of mappings) {
      const value = current[field];
      if (format === "number") expect(value, field).toBeTypeOf("number");
      if (format === "relativeDate") expect(Number(new Date(String(value))), field).toBeGreaterThan(0);
      for (const { value: from } of remap) if (from !== undefined) expect([value, "trouble"]).toContain(from);
    }
  });
});

describe("the example for Glance", () => {
  const schema = z.tuple([
    z.object({
      type: z.literal("custom-api"),
      url: z.url(),
      headers: z.record(z.string(), z.string()),
      template: z.string(),
    }),
  ]);
  const [widget] = schema.parse(parse(example("glance.yml")));
  const actions = [...widget.template.matchAll(/\{\{(.*?)\}\}/g)].map(([, action = ""]) => action.trim());

  it("asks for the summary with a token", () => {
    expect(new URL(widget.url).pathname).toBe(PATH);
    expect(widget.headers["Authorization"]).toBe("Bearer ${ESDDNS_TOKEN}");
  });

  it("reads fields that are there, as what they are", async () => {
    const current: Readonly<Record<string, unknown>> = { ...(await summaryOf(well)), title: "a problem's" };
    const reads = [...widget.template.matchAll(/\.JSON\.(\w+) "(\w+)"/g)];
    expect(reads.length).toBeGreaterThan(10);
    const types: Readonly<Record<string, string>> = { String: "string", Int: "number", Bool: "boolean" };
    for (const [, kind = "", field = ""] of reads) expect(typeof current[field], field).toBe(types[kind]);
  });

  it("ends all that it begins, and calls nothing that Glance does not have", () => {
    let depth = 0;
    for (const action of actions) {
      if (action.startsWith("if ")) depth += 1;
      if (action === "end") depth -= 1;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
    const words = actions
      .map((action) => action.replaceAll(/"[^"]*"/g, "").replaceAll(/\.[\w.]+/g, ""))
      .flatMap((action) => action.match(/[a-z]\w*/gi) ?? []);
    expect([...new Set(words)].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "else",
      "end",
      "if",
      "ne",
      "parseTime",
      "toRelativeTime",
    ]);
  });
});

describe("the example for Uptime Kuma", () => {
  const text = example("uptime-kuma.md");

  it("tells a daemon that is well from one that is not, by value and by text", async () => {
    const [, keyword = ""] = /```text\n(.*)\n```/.exec(text) ?? [];
    expect([(await textOf(well)).includes(keyword), (await textOf(ill)).includes(keyword)]).toEqual([
      true,
      false,
    ]);
    const [, field = ""] = /Json Query Expression \| `(\w+)`/.exec(text) ?? [];
    const [, expected = ""] = /Expected Value\s+\| `(\w+)`/.exec(text) ?? [];
    const value = async (world: ServedWorld) =>
      String(new Map(Object.entries(await summaryOf(world))).get(field));
    expect([await value(well), await value(ill)]).toEqual([expected, "false"]);
  });

  it("has headers that are JSON, and the right address", () => {
    const [, headers = ""] = /```json\n(.*)\n```/.exec(text) ?? [];
    expect(JSON.parse(headers)).toEqual({ Authorization: "Bearer THE_TOKEN" });
    expect(text).toContain(`51339${PATH}`);
  });
});
