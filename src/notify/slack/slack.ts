import { z } from "zod";
import { deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { jsonBody } from "#notify/_shared/json-body.ts";
import { secretUrl, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { bodyOf, escapeMarkup, fit, secretsOf } from "#notify/_shared/words.ts";
import { defineNotifier } from "#notify/definition.ts";
import { secretReference } from "#schemas/secret.ts";

/** Slack cuts from 40,000 characters on and advises 4,000 (https://docs.slack.dev/reference/methods/chat.postMessage). */
const [MAX_TITLE, MAX_TEXT] = [500, 3000];

/**
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ (read 2026-11-22): `&`, `<` and `>` are
 * the characters to escape; the answer to a message that was taken is the text `ok`.
 */
export const slack = defineNotifier({
  kind: "message",
  id: "slack",
  title: "Slack",
  docsUrl: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/",
  description:
    "A message to a channel, by an incoming webhook: make an app, switch incoming webhooks on, add one for the " +
    "channel. Its URL is the only secret. Services with the same interface (Mattermost, Rocket.Chat) work as well.",
  example: { url: { env: "SLACK_WEBHOOK_URL" } },
  config: z.strictObject({
    url: secretReference.meta({ description: "URL of the incoming webhook" }),
  }),
  secrets: ({ url }) => [url],
  create(config, ports, secret) {
    const opened = secret(config.url);
    const urlOf = () => secretUrl(opened, "Slack", "https://hooks.slack.com/services/…");
    warnOfPlainHttp(ports.log, "slack", urlOf());
    return {
      async send(notice, signal) {
        const url = urlOf();
        const title = fit(notice.happening.title, MAX_TITLE, escapeMarkup);
        const rest = fit(bodyOf(notice), MAX_TEXT, escapeMarkup);
        // Without its markup, in which * and _ of a name could not be escaped
        const content = {
          text: `${title}\n${rest}`,
          mrkdwn: false,
          unfurl_links: false,
          unfurl_media: false,
        };
        await deliver(
          ports,
          { title: "Slack", method: "POST", url, ...jsonBody(content), secrets: secretsOf(url), explain },
          signal,
        );
      },
    };
  },
});

function explain({ text }: { readonly text: string }): Explanation {
  if (text === "no_service") {
    return { code: "not-found", hint: "the incoming webhook was removed; make a new one and use its URL" };
  }
  if (text === "channel_is_archived")
    return { code: "refused", hint: "the channel of the webhook is archived" };
  return {};
}
