import { z } from "zod";
import { deliver } from "#notify/_shared/deliver.ts";
import { jsonBody, textMember } from "#notify/_shared/json-body.ts";
import { below, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { bodyOf, fit } from "#notify/_shared/words.ts";
import { defineNotifier } from "#notify/definition.ts";
import { urgencyOf } from "#notify/urgency.ts";
import { httpUrl } from "#schemas/http-url.ts";
import { secretReference } from "#schemas/secret.ts";

/** Nothing is documented; a phone shows far less. */
const [MAX_TITLE, MAX_MESSAGE] = [250, 4000];
/** 0 to 10; from 8 on the phone makes itself heard (https://github.com/gotify/android#message-priorities). */
const PRIORITY = { low: 2, normal: 5, high: 8 } as const;

/** https://gotify.net/api-docs#/message/createMessage (read 2026-11-22) */
export const gotify = defineNotifier({
  kind: "message",
  id: "gotify",
  title: "Gotify",
  docsUrl: "https://gotify.net/docs/pushmsg",
  description: "A push message by a Gotify server of your own. Make an application there and use its token.",
  example: { server: "https://gotify.example.org", token: { env: "GOTIFY_TOKEN" } },
  config: z.strictObject({
    server: httpUrl.meta({ description: "The server, with its path where it has one" }),
    token: secretReference.meta({ description: "Token of an application" }),
  }),
  secrets: ({ token }) => [token],
  create({ server, ...config }, ports, secret) {
    const token = secret(config.token);
    warnOfPlainHttp(ports.log, "gotify", server);
    return {
      async send(notice, signal) {
        const { kind, title } = notice.happening;
        const { headers, body } = jsonBody({
          title: fit(title, MAX_TITLE),
          message: fit(bodyOf(notice), MAX_MESSAGE),
          priority: PRIORITY[urgencyOf(kind)],
          extras: { "client::display": { contentType: "text/plain" } },
        });
        await deliver(
          ports,
          {
            title: "Gotify",
            method: "POST",
            url: below(server, "/message"),
            headers: { ...headers, "x-gotify-key": token.reveal() },
            body,
            secrets: [token.reveal()],
            explain: ({ json }) => ({
              words: textMember(json, "errorDescription") ?? textMember(json, "error"),
            }),
          },
          signal,
        );
      },
    };
  },
});
