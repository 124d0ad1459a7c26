import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fillIn, PLACEHOLDERS, templateProblem, valuesOf } from "#notify/webhook/template.ts";
import { webhook } from "#notify/webhook/webhook.ts";
import { isJson, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { HOSTILE, noticeOf, notifierContract } from "#testing/notifier-contract.ts";

const [PATH, TOKEN, KEY] = ["/hook/0123456789abcdef", "Bearer hook-token-123", "signing-key-123"];

notifierContract({
  definition: webhook,
  service,
  secrets: [PATH, TOKEN, KEY],
  config: ({ endpoint }, kind) => ({
    url: endpoint + PATH,
    headers: { Authorization: kind === "right" ? TOKEN : "Bearer nobody-nobody", "X-Room": "kitchen" },
    secret: KEY,
  }),
  skip: {
    "words of any length are cut to what the service takes, between characters":
      "a program of one's own has the limits that one gives it",
  },
});

describe("the webhook's signature", () => {
  it("is over the id, the time and the body as they were sent", async () => {
    const clock = new ManualClock(new Date("2026-11-22T10:11:12.900Z"));
    const [ports, emulator] = [testPorts(clock), await service()];
    const config = webhook.config.parse({
      url: emulator.endpoint + PATH,
      secret: KEY,
      headers: { authorization: TOKEN },
    });
    const program = webhook.create(config, ports, openPlain);
    await program.send(noticeOf({ title: HOSTILE }), new AbortController().signal);
    const [request] = emulator.log;
    const [id, timestamp] = [noticeOf().id, "1795342272"];
    expect(request?.headers["webhook-id"]).toBe(id);
    expect(request?.headers["webhook-timestamp"]).toBe(timestamp);
    const expected = createHmac("sha256", KEY).update(`${id}.${timestamp}.${request?.body}`).digest("base64");
    expect(request?.headers["webhook-signature"]).toBe(`v1,${expected}`);
    await ports.close();
    await emulator.close();
  });
});

describe("a secret with the prefix of Standard Webhooks", () => {
  /** The example of the specification. */
  const [SECRET, SIGNATURE] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ];

  it("is read as libraries of theirs read it", async () => {
    const clock = new ManualClock(new Date(1_614_265_330_000));
    const [ports, emulator] = [testPorts(clock), await service()];
    const program = webhook.create(
      webhook.config.parse({
        url: emulator.endpoint + PATH,
        secret: SECRET,
        headers: { authorization: TOKEN },
        body: '{"test": 2432232314}',
      }),
      ports,
      openPlain,
    );
    const notice = { ...noticeOf(), id: "msg_p5jXN8AQM9LWM0D4loKWxJek" };
    await program.send(notice, new AbortController().signal);
    expect(emulator.log[0]?.headers["webhook-signature"]).toBe(SIGNATURE);
    await ports.close();
    await emulator.close();
  });

  it.each(["whsec_", "whsec_no base64", "whsec_abc"])("is refused at once when it is none: %s", (secret) => {
    const config = webhook.config.parse({ url: "https://example.org/", secret });
    expect(() => webhook.create(config, testPorts(), openPlain)).toThrow("whsec_");
  });
});

describe("the webhook's template", () => {
  it.each(['{ "a": "{{title}} and {{ detail }}", "{{kind}}": ["{{at}}"] }', '"{{record}}"', "{}"])(
    "%s is JSON whatever the values are",
    (template) => {
      expect(templateProblem(template)).toBeUndefined();
      const filled = fillIn(
        template,
        valuesOf(noticeOf({ title: HOSTILE, detail: `\u0000\n\t${HOSTILE}\ud800` })),
      );
      expect(() => void JSON.parse(filled)).not.toThrow();
    },
  );

  it.each([
    ['{ "a": {{title}} }', "it is no JSON"],
    ['{ "a": "{{title}}", }', "it is no JSON"],
    ['{ "a": "{{titel}}" }', "it names {{titel}}, expected one of"],
    ["{{title}}", "it is no JSON"],
    ["", "it is no JSON"],
  ])("%s is refused before anything is sent", (template, words) => {
    expect(templateProblem(template)).toContain(words);
    const result = webhook.config.safeParse({ url: "https://example.org/", body: template });
    expect(result.success).toBe(false);
  });

  it("has a value for every name", () => {
    const all = fillIn(
      PLACEHOLDERS.map((name) => `{{${name}}}`).join(" "),
      valuesOf(noticeOf({ family: 4 })),
    );
    expect(all).toBe(
      "0123456789abcdef0123456789abcdef record-failed high home.example.org A: home refused the change no such zone " +
        "2026-11-22T10:11:12.000Z router-1 home.example.org/A IPv4 home  false",
    );
  });
});

it.each(["Host", "content-length", "Webhook-Signature", "a b", "x:y"])(
  "the webhook takes no header %s",
  (name) => {
    expect(webhook.config.safeParse({ url: "https://example.org/", headers: { [name]: "x" } }).success).toBe(
      false,
    );
  },
);

it.each([
  ["Authorization", true],
  ["X-Auth", true],
  ["X-Auth-User", true],
  ["X-Api-Key", true],
  ["ApiKey", true],
  ["Session-Id", true],
  ["X-Gitlab-Token", true],
  ["X-Sig", true],
  ["X-Room", false],
  ["X-Signal", false],
  ["Content-Type", false],
])("the webhook takes the header %s for a secret: %s", (name, isSecret) => {
  const config = webhook.config.parse({ url: "https://example.org/", headers: { [name]: "value" } });
  expect(webhook.secrets(config)).toHaveLength(isSecret ? 2 : 1);
});

async function service(): Promise<MessageService> {
  const emulator = new MessageService(({ method, url, headers, body }) => {
    if (method !== "POST" || url.pathname !== PATH) return refuse(404, "nobody here");
    if (headers.authorization !== TOKEN) return refuse(401, "who are you?");
    const fields = parseObject(body);
    if (!fields || !isJson(headers["content-type"])) return refuse(400, "no JSON");
    return { read: Object.values(fields).join("\n"), answer: { status: 204 } };
  });
  await emulator.listen();
  return emulator;
}
