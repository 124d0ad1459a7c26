import { expect, it } from "vitest";
import { telegram } from "#notify/telegram/telegram.ts";
import { isJson, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse, renderHtml } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const KEYS = ["disable_notification", "link_preview_options"];

notifierContract({
  definition: telegram,
  secrets: [TOKEN],
  config: ({ endpoint }, kind) => ({
    server: endpoint,
    token: kind === "right" ? TOKEN : "110201543:wrong_wrong_wrong",
    chat: "-1001234567890",
  }),
  tooMany: {
    body: { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: 14 } },
    milliseconds: 14_000,
  },
  /** https://core.telegram.org/bots/api#sendmessage */
  async service() {
    const service = new MessageService(({ method, url, headers, body }) => {
      const failure = (code: number, description: string) =>
        refuse(code, { ok: false, error_code: code, description });
      const [, token, name] = /^\/bot(\d+:[\w-]+)\/(\w+)$/.exec(url.pathname) ?? [];
      if (method !== "POST" || name !== "sendMessage") return failure(404, "Not Found");
      if (token !== TOKEN) return failure(401, "Unauthorized");
      const { chat_id: chat, text, parse_mode: mode, ...rest } = parseObject(body) ?? {};
      if (!isJson(headers["content-type"]) || typeof text !== "string") {
        return failure(400, "Bad Request: message text is empty");
      }
      if (chat !== "-1001234567890") return failure(400, "Bad Request: chat not found");
      if (mode !== "HTML" || Object.keys(rest).some((key) => !KEYS.includes(key))) {
        return failure(400, "Bad Request: not emulated");
      }
      const shown = renderHtml(text, ["b"]);
      if (shown === undefined) return failure(400, "Bad Request: can't parse entities");
      if (shown.length > 4096) return failure(400, "Bad Request: message is too long");
      return { read: shown, answer: { status: 200, body: { ok: true, result: { message_id: 1 } } } };
    });
    await service.listen();
    return service;
  },
});

it.each(["secret", "123:abc/../getMe", "123:a b"])("telegram takes no token like %s", (token) => {
  const config = telegram.config.parse({ token, chat: 1 });
  const create = () => telegram.create(config, testPorts(), openPlain);
  expect(create).toThrow(
    "Cannot use the token for Telegram: it has another form, expected one such as 123456:ABC-DEF",
  );
});
