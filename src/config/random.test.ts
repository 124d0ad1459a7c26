import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#core/errors.ts";
import { loadConfiguration } from "#config/load.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { writeFileSync } from "node:fs";

const ENV = {
  TOKEN: "t",
  API_KEY: "k",
  TARGET_DOMAIN_FQDN: "example.org",
  RECORD_NAME_ROOT: "@",
  RECORD_TTL: "600",
  RECORD_TYPE_A: "A",
};

const GOOD_YAML = `providers:
  home: { type: gandi, token: { env: TOKEN } }
  bind: { type: rfc2136, server: ns.example.org, zone: example.org, key: { name: k, secret: { env: TOKEN } } }
records:
  - { name: home.example.org, types: [A, AAAA], provider: home, ttl: 5m, mode: merge }
  - { name: "*.example.org", types: [AAAA], provider: bind, suffix: "::5" }
sources:
  stun: { servers: [{ host: a.example.net }, { host: b.example.com, transport: tls }] }
  http: { services: [{ url: "https://a.example/" }] }
consensus: { quorum: 2, deadline: 3s, allowRanges: [10.0.0.0/8] }
schedule: { interval: 5m, probe: off }
verify: { servers: ["192.0.2.53:53"] }
log: { level: info, format: json }
`;
const GOOD_INI = readFileSync(join(import.meta.dirname, "testdata/original.ini"), "utf8");

const KEYS = [
  ..."providers records sources consensus schedule verify store log tls compat".split(" "),
  ..."type token env file server zone key name types provider ttl mode suffix quorum deadline".split(" "),
  ..."stun http servers services host url interval probe level path __proto__ constructor toString".split(
    " ",
  ),
];
const WORDS = [
  ..."gandi rfc2136 memory dyndns2 home A AAAA merge quorum unanimous 5m 3s off true null ~".split(" "),
  ..."home.example.org *.example.org 10.0.0.0/8 ::5 TOKEN NOPE https://a.example/ .inf 0x10 1e999".split(" "),
];

/** Anything that JSON can say, of the words that mean something here. */
const structure = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(...WORDS, true, false, null, 0, -1, 1.5, 300),
    fc.string({ maxLength: 8 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 6 })), tie("value")), {
        maxLength: 6,
      })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const json = structure.map((value) => JSON.stringify(value));

/** A good file with one part cut out, doubled or replaced. */
function damaged(text: string) {
  return fc
    .tuple(
      fc.nat(text.length),
      fc.nat(40),
      fc.oneof(fc.constant(""), fc.constantFrom(...KEYS, ...WORDS), fc.string()),
    )
    .map(([start, length, other]) => text.slice(0, start) + other + text.slice(start + length));
}

function truncated(text: string) {
  return fc.nat(text.length).map((length) => text.slice(0, length));
}

const nested = fc
  .tuple(
    fc.constantFrom("[", "{a: ", "- ", "? ", "a:\n ", "{", "&a [*a, ", "[[[]"),
    fc.integer({ min: 1, max: 2000 }),
  )
  .map(([piece, count]) => piece.repeat(count));

const yamlText = fc.oneof(
  json,
  damaged(GOOD_YAML),
  truncated(GOOD_YAML),
  nested,
  fc.string({ unit: "binary" }),
);
const iniText = fc.oneof(
  damaged(GOOD_INI),
  truncated(GOOD_INI),
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...GOOD_INI.split("\n"))).map((lines) => lines.join("\n")),
);

const folder = temporaryFolder();

async function outcome(name: string, content: string | Uint8Array): Promise<unknown> {
  writeFileSync(join(folder, name), content);
  return loadConfiguration({ file: name, cwd: folder, env: ENV, registries: standIns }).catch(
    (error: unknown) => error,
  );
}

function expectSense(result: unknown, hasLines: boolean): void {
  if (!(result instanceof Error)) {
    expect(result).toMatchObject({ records: expect.any(Array), providers: expect.any(Map) });
    return;
  }
  expect(result).toBeInstanceOf(ConfigError);
  const { problems } = result instanceof ConfigError ? result : { problems: [] };
  expect(problems.length).toBeGreaterThan(0);
  for (const { message, line, column } of problems) {
    expect(message).toMatch(/^Cannot /);
    expect(message).not.toMatch(/\.$|undefined|\[object|\n/);
    if (hasLines) expect([line, column]).toEqual([expect.any(Number), expect.any(Number)]);
  }
}

describe("whatever stands in the file", () => {
  it("is a configuration or a list of problems with lines: 1,000 files of YAML", async () => {
    await fc.assert(
      fc.asyncProperty(yamlText, async (text) => expectSense(await outcome("esddns.yaml", text), true)),
      { numRuns: 1000 },
    );
  }, 60_000);

  it("is a configuration or a list of problems with lines: 500 files of INI", async () => {
    await fc.assert(
      fc.asyncProperty(iniText, async (text) => expectSense(await outcome("dns.ini", text), true)),
      { numRuns: 500 },
    );
  }, 60_000);

  it("is a configuration or a list of problems: 300 files of bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("esddns.yaml", "dns.ini", "conf"),
        fc.uint8Array({ maxLength: 300 }),
        async (name, bytes) => expectSense(await outcome(name, bytes), false),
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it.each([
    ["brackets", "[".repeat(500_000)],
    ["lists in lists", "- ".repeat(400_000)],
    ["keys in keys", Array.from({ length: 1200 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
    [
      "aliases that multiply",
      `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join(", ")}]\n`).join("")}`,
    ],
    ["an alias within itself", "providers: &a\n  home: *a\n"],
    ["more than a megabyte", `a: "${"x".repeat(2_000_000)}"\n`],
    ["many keys", Array.from({ length: 20_000 }, (_, n) => `k${n}: 1\n`).join("")],
  ])("is refused within seconds: %s", async (_, text) => {
    const start = performance.now();
    const result = await outcome("esddns.yaml", text);
    expect(performance.now() - start).toBeLessThan(4000);
    expectSense(result, false);
    expect(result).toBeInstanceOf(ConfigError);
  });
});
