import { expect, it } from "vitest";
import { healthchecks } from "#notify/healthchecks/healthchecks.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const UUID = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

notifierContract({
  definition: healthchecks,
  service,
  secrets: [UUID],
  config: ({ endpoint }, kind) => ({
    url: `${endpoint}/${kind === "right" ? UUID : "00000000-d4c7-4bf5-bcc8-b8d8a82ea278"}`,
  }),
  skip: {
    "a message arrives with what happened, where and when": "a sign of life has one line of its own",
    "hostile words arrive as they are": "it has no detail",
    "words of any length are cut to what the service takes, between characters":
      "the service itself keeps the first 100 kB and takes any length",
  },
});

it("healthchecks says success to the check and failure below it", async () => {
  const [ports, emulator] = [testPorts(), await service()];
  const monitor = healthchecks.create(
    healthchecks.config.parse({ url: `${emulator.endpoint}/${UUID}?create=1` }),
    ports,
    openPlain,
  );
  const { signal } = new AbortController();
  await monitor.beat({ isWell: true, words: "3 records in sync" }, signal);
  await monitor.beat({ isWell: false, words: "home.example.org A: no such zone" }, signal);
  expect(emulator.texts).toEqual(["success: 3 records in sync", "fail: home.example.org A: no such zone"]);
  emulator.fault({ kind: "status", status: 200, body: "OK (not found)" });
  await expect(monitor.beat({ isWell: true, words: "" }, signal)).rejects.toThrow("(not found)");
  emulator.fault({ kind: "status", status: 200, body: "OK (rate limited)" });
  await expect(monitor.beat({ isWell: true, words: "" }, signal)).rejects.toMatchObject({
    code: "rate-limited",
    retry: { after: 60_000 },
  });
  await ports.close();
  await emulator.close();
});

/** https://healthchecks.io/docs/http_api/ */
async function service(): Promise<MessageService> {
  const emulator = new MessageService(({ method, url, body }) => {
    const [, uuid, signal = "success", ...more] = url.pathname.split("/");
    if (uuid !== UUID) return refuse(404, "not found");
    if (more.length > 0 || !["success", "fail"].includes(signal)) return refuse(400, "invalid url format");
    if (!["POST", "GET", "HEAD"].includes(method)) return refuse(405, "");
    return { read: `${signal}: ${body}`, answer: { status: 200, body: "OK" } };
  });
  await emulator.listen();
  return emulator;
}
