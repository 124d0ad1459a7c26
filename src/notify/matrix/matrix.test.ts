import { expect, it } from "vitest";
import { matrix } from "#notify/matrix/matrix.ts";
import { isJson, isObject, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse, renderHtml } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { noticeOf, notifierContract } from "#testing/notifier-contract.ts";

const [TOKEN, ROOM] = ["syt_ZXNkZG5z_0123456789", "!abc/def?x:example.org"];

notifierContract({
  definition: matrix,
  service,
  secrets: [TOKEN],
  config: ({ endpoint }, kind) => ({
    server: endpoint,
    room: "!abcdef:example.org",
    token: kind === "right" ? TOKEN : "syt_wrong_wrong",
  }),
  tooMany: {
    body: { errcode: "M_LIMIT_EXCEEDED", error: "Too many requests", retry_after_ms: 2500 },
    milliseconds: 2500,
  },
});

it("matrix drops a repeated attempt, because it has the same transaction id", async () => {
  const ports = testPorts();
  const emulator = await service();
  const config = matrix.config.parse({
    server: emulator.endpoint,
    room: "!abcdef:example.org",
    token: TOKEN,
  });
  const room = matrix.create(config, ports, openPlain);
  const signal = new AbortController().signal;
  emulator.fault({ kind: "close", applied: true });
  await expect(room.send(noticeOf(), signal)).rejects.toThrow("broke the connection off");
  await room.send(noticeOf(), signal);
  await room.send({ ...noticeOf(), id: "another" }, signal);
  expect(emulator.log).toHaveLength(3);
  expect(emulator.texts).toHaveLength(2);
  await ports.close();
  await emulator.close();
});

it("matrix takes no room that would lead elsewhere", () => {
  expect(matrix.config.safeParse({ server: "https://example.org", room: ROOM, token: TOKEN }).success).toBe(
    false,
  );
});

/** https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid */
async function service(): Promise<MessageService> {
  const transactions = new Set<string>();
  const emulator = new MessageService(({ method, url, headers, body }) => {
    const failure = (status: number, errcode: string, error: string) => refuse(status, { errcode, error });
    const [room, verb, type, transaction = "", ...more] = url.pathname
      .replace(/^\/_matrix\/client\/v3\/rooms\//, "")
      .split("/")
      .map(decodeURIComponent);
    if (method !== "PUT" || verb !== "send" || type !== "m.room.message" || more.length > 0) {
      return failure(404, "M_UNRECOGNIZED", "Unrecognized request");
    }
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, "M_UNKNOWN_TOKEN", "Unrecognised access token");
    }
    if (room !== "!abcdef:example.org") return failure(403, "M_FORBIDDEN", "User not in room");
    const event = parseObject(body);
    if (!event || !isJson(headers["content-type"])) return failure(400, "M_NOT_JSON", "Content not JSON.");
    if (Buffer.byteLength(body) > 65_536) return failure(413, "M_TOO_LARGE", "event too large");
    const { msgtype, body: text, format, formatted_body: html, "m.mentions": mentions } = event;
    const isMessage = msgtype === "m.text" && format === "org.matrix.custom.html" && typeof text === "string";
    const isQuiet = isObject(mentions) && Object.keys(mentions).length === 0;
    const shown = typeof html === "string" ? renderHtml(html, ["strong", "br"]) : undefined;
    if (!isMessage || !isQuiet || shown !== text) return failure(400, "M_BAD_JSON", "Not emulated");
    const answer = { status: 200, body: { event_id: `$${transaction}` } };
    if (transactions.has(transaction)) return { answer };
    transactions.add(transaction);
    return { read: shown, answer };
  });
  await emulator.listen();
  return emulator;
}
