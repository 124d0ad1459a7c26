import { expect, it } from "vitest";
import { uptimeKuma } from "#notify/uptime-kuma/uptime-kuma.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const TOKEN = "Zx81Qw99ErTy";

notifierContract({
  definition: uptimeKuma,
  service,
  secrets: [TOKEN],
  config: ({ endpoint }, kind) => ({
    url: `${endpoint}/api/push/${kind === "right" ? TOKEN : "nobody000"}?status=up&msg=OK&ping=`,
  }),
  skip: {
    "a message arrives with what happened, where and when": "a sign of life has one line of its own",
    "hostile words arrive as they are": "it has no detail",
  },
});

it("uptime kuma gets up and down, whatever the copied URL said", async () => {
  const [ports, emulator] = [testPorts(), await service()];
  const url = `${emulator.endpoint}/api/push/${TOKEN}?status=up&msg=OK&ping=`;
  const monitor = uptimeKuma.create(uptimeKuma.config.parse({ url }), ports, openPlain);
  const { signal } = new AbortController();
  await monitor.beat({ isWell: true, words: "3 records in sync" }, signal);
  await monitor.beat({ isWell: false, words: "home.example.org A: no such zone" }, signal);
  expect(emulator.texts).toEqual(["up: 3 records in sync", "down: home.example.org A: no such zone"]);
  await ports.close();
  await emulator.close();
});

it.each([
  [
    "a monitor that it does not know, by a later version",
    500,
    { ok: false, msg: "Monitor not found or not active." },
  ],
  ["a page of another service", 200, "<html>"],
])("uptime kuma: %s is refused for good", async (_, status, body) => {
  const [ports, emulator] = [testPorts(), await service()];
  const config = uptimeKuma.config.parse({ url: `${emulator.endpoint}/api/push/${TOKEN}` });
  const monitor = uptimeKuma.create(config, ports, openPlain);
  emulator.fault({ kind: "status", status, body });
  const beating = monitor.beat({ isWell: true, words: "" }, new AbortController().signal);
  await expect(beating).rejects.toMatchObject({ retry: "never" });
  await ports.close();
  await emulator.close();
});

/** https://github.com/louislam/uptime-kuma/wiki/Internal-API, "Push Endpoint" */
async function service(): Promise<MessageService> {
  const emulator = new MessageService(({ url }) => {
    if (url.pathname !== `/api/push/${TOKEN}`) {
      return refuse(404, { ok: false, msg: "Monitor not found or not active." });
    }
    const { searchParams } = url;
    const [status, words] = [searchParams.getAll("status"), searchParams.getAll("msg")];
    if (status.length > 1 || words.length > 1 || url.href.length > 2000) return refuse(400, { ok: false });
    return { read: `${status.join("")}: ${words.join("")}`, answer: { status: 200, body: { ok: true } } };
  });
  await emulator.listen();
  return emulator;
}
