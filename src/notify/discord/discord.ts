import { z } from "zod";
import { milliseconds } from "#core/units.ts";
import { type Answer, deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { jsonBody, numberMember, textMember } from "#notify/_shared/json-body.ts";
import { secretUrl, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { bodyOf, fit, secretsOf } from "#notify/_shared/words.ts";
import { defineNotifier, type Notice } from "#notify/definition.ts";
import { secretReference } from "#schemas/secret.ts";

/** 2,000 together, with what stands around them. */
const [MAX_TITLE, MAX_TEXT] = [400, 1500];
const SUPPRESS_EMBEDS = 1 << 2;

/** https://docs.discord.com/developers/resources/webhook#execute-webhook (read 2026-11-22) */
export const discord = defineNotifier({
  kind: "message",
  id: "discord",
  title: "Discord",
  docsUrl: "https://docs.discord.com/developers/resources/webhook#execute-webhook",
  description:
    "A message to a channel, by its webhook: edit the channel, choose Integrations, make a webhook and copy its URL, " +
    "which is the only secret.",
  example: { url: { env: "DISCORD_WEBHOOK_URL" } },
  config: z.strictObject({
    url: secretReference.meta({ description: "URL of the channel's webhook" }),
  }),
  secrets: ({ url }) => [url],
  create(config, ports, secret) {
    const opened = secret(config.url);
    const urlOf = () => secretUrl(opened, "Discord", "https://discord.com/api/webhooks/…");
    warnOfPlainHttp(ports.log, "discord", urlOf());
    return {
      async send(notice, signal) {
        const url = urlOf();
        const secrets = secretsOf(url);
        // Without it a message that is not saved does not return an error
        url.searchParams.set("wait", "true");
        await deliver(
          ports,
          { title: "Discord", method: "POST", url, ...jsonBody(message(notice)), secrets, explain },
          signal,
        );
      },
    };
  },
});

function message(notice: Notice) {
  const title = fit(notice.happening.title, MAX_TITLE, escapeMarkdown);
  const rest = fit(bodyOf(notice), MAX_TEXT, escapeMarkdown);
  return {
    content: `**${title}**\n${rest}`,
    // Nobody is called, whatever the words are
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  };
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|>#<[\]()-]/g, "\\$&");
}

/** `retry_after` is in seconds (https://docs.discord.com/developers/topics/rate-limits). */
function explain({ json }: Answer): Explanation {
  const seconds = numberMember(json, "retry_after");
  return {
    words: textMember(json, "message"),
    after: seconds === undefined ? undefined : milliseconds(Math.ceil(seconds * 1000)),
  };
}
