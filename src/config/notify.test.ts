import { describe, expect, it } from "vitest";
import { configurationSchema } from "#config/json-schema.ts";
import { checkConfiguration } from "#config/load.ts";
import { printConfiguration } from "#config/print.ts";
import { lines } from "#config/testdata/check.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { notifiers } from "#notify/registry.ts";

const registries = { ...standIns, notifiers };
const env = { TOKEN: "s3cret-token", HOOK: "https://example.org/s3cret-hook" };

const HEAD = `providers:
  home: { type: memory }
records: [{ name: home.example.org }]
notify:
`;

function check(notify: string) {
  const cwd = temporaryFolder({ "esddns.yaml": HEAD + notify });
  return checkConfiguration({ cwd, env, registries });
}

describe("who is told", () => {
  it("has a type, its own keys, and what it is told of", async () => {
    const { configuration, problems, warnings } = await check(`
  phone: { type: ntfy, topic: { env: TOKEN } }
  ops: { type: slack, url: { env: HOOK }, on: [record-failed, token-expiring] }
  watch: { type: healthchecks, url: { env: HOOK }, every: 10m }
`);
    expect(lines([...problems, ...warnings])).toEqual([]);
    expect(configuration?.notify).toMatchObject([
      {
        kind: "message",
        name: "phone",
        on: [
          "address-changed",
          "address-disputed",
          "address-settled",
          "record-failed",
          "record-recovered",
          "credentials-refused",
          "token-expiring",
        ],
      },
      { kind: "message", name: "ops", on: ["record-failed", "token-expiring"] },
      { kind: "heartbeat", name: "watch", every: 600_000 },
    ]);
  });

  it("is nobody when the file does not say", async () => {
    const cwd = temporaryFolder({ "esddns.yaml": HEAD.replace("notify:\n", "") });
    const { configuration } = await checkConfiguration({ cwd, env, registries });
    expect(configuration?.notify).toEqual([]);
  });

  it.each([
    [
      "a typo in the type",
      "  a: { type: slak }",
      '5:8 notify.a.type: Cannot use the notifier "a": its "type" is "slak"',
    ],
    [
      "no type",
      "  a: { url: x }",
      '5:3 notify.a: Cannot use the notifier "a": its "type" is missing, expected one of',
    ],
    ["a bad name", "  a b: { type: slack, url: { env: HOOK } }", 'Cannot use the notifier name "a b"'],
    ["no keys", "  a: 1", 'Cannot read the notifier "a": it has no keys'],
    ["a list", "  - type: slack", 'Cannot read "notify": it has no names'],
    [
      "a typo in a kind",
      "  a: { type: slack, url: { env: HOOK }, on: [record-faild] }",
      'Cannot read entry 1 of "on": it is another word',
    ],
    ["a typo in a key", "  a: { type: slack, urll: { env: HOOK } }", 'Cannot use the key "urll"'],
    [
      "signs of life of a message",
      "  a: { type: slack, url: { env: HOOK }, every: 5m }",
      'Cannot use the key "every"',
    ],
    [
      "kinds of a sign of life",
      "  a: { type: healthchecks, url: { env: HOOK }, on: [record-failed] }",
      '"on"',
    ],
    ["a secret that is not there", "  a: { type: slack, url: { env: NOWHERE } }", '"NOWHERE": it is not set'],
    [
      "a template that would break",
      '  a: { type: webhook, url: { env: HOOK }, body: "{ {{title}} }" }',
      'Cannot read "body": it is no JSON, expected JSON with each {{name}} inside of "…"',
    ],
  ])("is refused for %s, with its place", async (_, notify, said) => {
    const { configuration, problems } = await check(notify);
    expect(configuration).toBeUndefined();
    expect(lines(problems).join("\n")).toContain(said);
    expect(problems.every(({ line = 0 }) => line >= 4)).toBe(true);
  });

  it("gets a hint for what is nearly right", async () => {
    const { problems } = await check(
      "  a: { type: slak }\n  b: { type: slack, url: { env: HOOK }, on: [record-faild] }",
    );
    expect(problems.map(({ hint }) => hint)).toEqual([
      "did you mean `slack`?",
      "did you mean `record-failed`?",
    ]);
  });

  it("is printed with its defaults and without its secrets", async () => {
    const notify = `
  ops: { type: slack, url: "https://hooks.slack.com/services/hunter2" }
  hook:
    type: webhook
    url: { env: HOOK }
    headers: { Authorization: Bearer hunter2, X-Room: kitchen }
  watch: { type: uptime-kuma, url: "https://kuma.example.org/api/push/hunter2" }
`;
    const cwd = temporaryFolder({ "esddns.yaml": HEAD + notify });
    const printed = await printConfiguration({ cwd, env, registries }, { format: "yaml" });
    expect(printed).not.toContain("hunter2");
    expect(printed).toContain("url: ••• # esddns.yaml:6");
    expect(printed).toContain("      - token-expiring # default");
    expect(printed).toContain("X-Room: kitchen # esddns.yaml:10");
    expect(printed).toContain("every: 5m # default");
  });

  it("is in the JSON Schema, each type with its keys", () => {
    const text = JSON.stringify(configurationSchema(registries)["properties"]);
    for (const id of Object.keys(notifiers)) expect(text).toContain(`"type":{"const":"${id}"}`);
    expect(configurationSchema(registries)).toMatchObject({
      properties: {
        notify: {
          additionalProperties: {
            anyOf: expect.arrayContaining([
              expect.objectContaining({
                properties: expect.objectContaining({ on: expect.anything(), topic: expect.anything() }),
              }),
              expect.objectContaining({
                properties: expect.objectContaining({ every: expect.anything(), url: expect.anything() }),
              }),
            ]),
          },
        },
      },
    });
  });
});

describe("the day on which a token ends", () => {
  const load = (provider: string) => {
    const cwd = temporaryFolder({
      "esddns.yaml": `providers: { home: ${provider} }\nrecords: [{ name: home.example.org }]\n`,
    });
    return checkConfiguration({ cwd, env, registries });
  };

  it.each(["2027-03-01", '"2027-03-01"'])("is a key of every provider: %s", async (day) => {
    const { configuration, problems } = await load(
      `{ type: gandi, token: { env: TOKEN }, tokenExpires: ${day} }`,
    );
    expect(lines(problems)).toEqual([]);
    expect(configuration?.providers.get("home")?.tokenExpires).toEqual(new Date("2027-03-01T00:00:00Z"));
  });

  it.each(["soon", "2027-02-30", "01.03.2027", "20270301"])("is a day, and not %s", async (day) => {
    const { problems } = await load(`{ type: memory, tokenExpires: ${day} }`);
    expect(lines(problems).join("\n")).toContain('Cannot read "tokenExpires"');
    expect(lines(problems).join("\n")).toContain("expected a day such as 2027-03-01");
  });
});
