import { z } from "zod";
import { deliver } from "#notify/_shared/deliver.ts";
import { jsonBody, textMember } from "#notify/_shared/json-body.ts";
import { warnOfPlainHttp, wrongSecret } from "#notify/_shared/server-url.ts";
import { bodyOf, bytesOf, fit } from "#notify/_shared/words.ts";
import { defineNotifier, type Notice } from "#notify/definition.ts";
import { urgencyOf } from "#notify/urgency.ts";
import { httpUrl } from "#schemas/http-url.ts";
import { secretReference } from "#schemas/secret.ts";

/** https://docs.ntfy.sh/publish/#limitations (read 2026-11-22): a longer message becomes an attachment. */
const MAX_MESSAGE_BYTES = 4096;
/** The documentation names no limit; phones show less. */
const MAX_TITLE = 250;
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;
/** 1 to 5 (https://docs.ntfy.sh/publish/#message-priority) */
const PRIORITY = { low: 2, normal: 3, high: 4 } as const;

export const ntfy = defineNotifier({
  kind: "message",
  id: "ntfy",
  title: "ntfy",
  docsUrl: "https://docs.ntfy.sh/publish/",
  description:
    "A push message to phones and browsers by ntfy.sh or a server of your own. Whoever knows the topic of a server " +
    "without accounts can read and write it: choose one that nobody can guess, or use an access token.",
  example: { topic: { env: "NTFY_TOPIC" } },
  config: z.strictObject({
    server: httpUrl.prefault("https://ntfy.sh").meta({ description: "The server" }),
    topic: secretReference.meta({ description: "Topic; a secret where there is no token" }),
    token: secretReference.optional().meta({ description: "Access token, `tk_…`" }),
  }),
  secrets: ({ topic, token }) => [topic, ...(token ? [token] : [])],
  create({ server, ...config }, ports, secret) {
    const topic = secret(config.topic);
    const token = config.token && secret(config.token);
    warnOfPlainHttp(ports.log, "ntfy", server);
    if (!TOPIC.test(topic.reveal())) {
      throw wrongSecret(
        "the ntfy topic: it has other characters or too many",
        "letters, digits, - and _, 64 at most",
      );
    }
    return {
      async send(notice, signal) {
        // Headers would have to be ASCII; JSON goes to the root of the server, not to the topic
        const { headers, body } = jsonBody({ topic: topic.reveal(), ...message(notice) });
        await deliver(
          ports,
          {
            title: "ntfy",
            method: "POST",
            url: server,
            headers: { ...headers, ...(token && { authorization: `Bearer ${token.reveal()}` }) },
            body,
            secrets: [topic.reveal(), ...(token ? [token.reveal()] : [])],
            explain: ({ json }) => ({ words: textMember(json, "error") }),
          },
          signal,
        );
      },
    };
  },
});

function message(notice: Notice) {
  const { kind, title } = notice.happening;
  return {
    title: fit(title, MAX_TITLE),
    message: fit(bodyOf(notice), MAX_MESSAGE_BYTES, undefined, bytesOf),
    priority: PRIORITY[urgencyOf(kind)],
    tags: [kind],
  };
}
