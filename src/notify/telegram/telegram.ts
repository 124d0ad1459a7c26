import { z } from "zod";
import { milliseconds } from "#core/units.ts";
import type { Secret } from "#core/secret.ts";
import { type Answer, deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { jsonBody, member, numberMember, textMember } from "#notify/_shared/json-body.ts";
import { below, warnOfPlainHttp, wrongSecret } from "#notify/_shared/server-url.ts";
import { bodyOf, escapeMarkup, fit } from "#notify/_shared/words.ts";
import { defineNotifier, type Notice } from "#notify/definition.ts";
import { urgencyOf } from "#notify/urgency.ts";
import { httpUrl } from "#schemas/http-url.ts";
import { secretReference } from "#schemas/secret.ts";

/** 4,096 together, counted after the markup was read (https://core.telegram.org/bots/api#sendmessage). */
const [MAX_TITLE, MAX_TEXT] = [500, 3500];
/** The form of a token, so that it is one segment of the path and nothing else. */
const TOKEN = /^\d+:[\w-]+$/;

/** https://core.telegram.org/bots/api#sendmessage and #html-style (read 2026-11-22) */
export const telegram = defineNotifier({
  kind: "message",
  id: "telegram",
  title: "Telegram",
  docsUrl: "https://core.telegram.org/bots/api#sendmessage",
  description:
    "A message by a bot of yours: @BotFather makes it and gives the token. Write to the bot once, or add it to the " +
    "group; `chat` is the number that https://api.telegram.org/bot<token>/getUpdates then shows, or the `@name` of a " +
    "public channel.",
  example: { token: { env: "TELEGRAM_TOKEN" }, chat: "-1001234567890" },
  config: z.strictObject({
    token: secretReference.meta({ description: "The bot's token" }),
    chat: z
      .union([z.int(), z.string().regex(/^(-?\d{1,20}|@\w{4,64})$/)])
      .meta({ description: "Number of the chat, or @name of a public channel" }),
    topic: z.int().min(1).optional().meta({ description: "Number of a topic of the group" }),
    server: httpUrl
      .prefault("https://api.telegram.org")
      .meta({ description: "Another Bot API server, for those who run one" }),
  }),
  secrets: ({ token }) => [token],
  create({ server, chat, topic, ...config }, ports, secret) {
    const token = secret(config.token);
    checkToken(token);
    warnOfPlainHttp(ports.log, "telegram", server);
    return {
      async send(notice, signal) {
        const to = { chat_id: chat, ...(topic === undefined ? {} : { message_thread_id: topic }) };
        await deliver(
          ports,
          {
            title: "Telegram",
            method: "POST",
            url: below(server, `/bot${checkToken(token)}/sendMessage`),
            ...jsonBody({ ...to, ...message(notice) }),
            secrets: [token.reveal()],
            explain,
          },
          signal,
        );
      },
    };
  },
});

function message(notice: Notice) {
  const title = escapeMarkup(fit(notice.happening.title, MAX_TITLE));
  const rest = escapeMarkup(fit(bodyOf(notice), MAX_TEXT));
  return {
    text: `<b>${title}</b>\n${rest}`,
    parse_mode: "HTML",
    link_preview_options: { is_disabled: true },
    disable_notification: urgencyOf(notice.happening.kind) === "low",
  };
}

function checkToken(token: Secret): string {
  const text = token.reveal();
  if (TOKEN.test(text)) return text;
  throw wrongSecret("the token for Telegram: it has another form", "one such as 123456:ABC-DEF");
}

function explain({ status, json }: Answer): Explanation {
  const words = textMember(json, "description");
  const seconds = numberMember(member(json, "parameters"), "retry_after");
  const after = seconds === undefined ? undefined : milliseconds(seconds * 1000);
  // An unknown token makes an address that does not exist
  if (status === 404) return { code: "authentication", words };
  if (status === 403) return { words, hint: "write to the bot once, or add it to the group" };
  return { words, after };
}
