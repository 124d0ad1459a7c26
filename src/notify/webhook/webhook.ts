import { z } from "zod";
import type { Ports } from "#core/ports.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import { deliver } from "#notify/_shared/deliver.ts";
import { secretUrl, warnOfPlainHttp, wrongSecret } from "#notify/_shared/server-url.ts";
import { secretsOf } from "#notify/_shared/words.ts";
import { defineNotifier } from "#notify/definition.ts";
import {
  DEFAULT_TEMPLATE,
  fillIn,
  PLACEHOLDERS,
  templateProblem,
  valuesOf,
} from "#notify/webhook/template.ts";
import { secretReference } from "#schemas/secret.ts";

/** RFC 9110 section 5.6.2, without what is ours or belongs to the connection. */
const HEADER_NAME =
  /^(?!(?:host|content-length|transfer-encoding|connection|upgrade|te|trailer|webhook-(?:id|timestamp|signature))$)[!#$%&'*+.^_`|~0-9a-z-]+$/i;
/** Headers whose values prove who we are, by how the words of their names begin or the names end. */
const SECRET_HEADER =
  /(?:^|[^a-z])(?:auth|bearer|cookie|cred|jwt|key|pass|secret|session|sig(?:nature)?(?![a-z])|token)|(?:key|password|secret|token)$/i;

const body = z.string().transform((text, context) => {
  const problem = templateProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  return text;
});

export const webhook = defineNotifier({
  kind: "message",
  id: "webhook",
  title: "Webhook",
  docsUrl: "https://github.com/esddns/esddns/blob/main/docs/notifiers/webhook.md",
  description:
    "One HTTP request with JSON for each message, to a program of yours. With `secret` it is signed, so that the " +
    "program can tell that it comes from here and is not one that somebody recorded and sends again.",
  notes: `## The signature

As [Standard Webhooks](https://www.standardwebhooks.com/) have it, so that their libraries verify it: \`webhook-id\` is the same for every attempt of a message, \`webhook-timestamp\` is the time of the attempt in seconds since 1970, \`webhook-signature\` is \`v1,\` and the HMAC-SHA256, in Base64, of the id, a full stop, the time, a full stop, and the body as it came. The key is what Base64 says after the \`whsec_\` that the secret begins with; of another secret it is the text itself (\`format: "raw"\` in the libraries). Without a library, e.g. in Node.js:

\`\`\`js
const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature = "" } = headers;
const expected = \`v1,\${createHmac("sha256", key).update(\`\${id}.\${timestamp}.\${body}\`).digest("base64")}\`;
if (signature.length !== expected.length || !timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) refuse();
if (Math.abs(Date.now() / 1000 - timestamp) > 300) refuse();
\`\`\`

A \`webhook-id\` that was seen before is a repetition, because the answer to it was lost: answer 200 and leave it.`,
  example: {
    url: { env: "WEBHOOK_URL" },
    secret: { env: "WEBHOOK_SECRET" },
    body: '{ "text": "{{title}}", "because": "{{detail}}" }',
  },
  config: z.strictObject({
    url: secretReference.meta({
      description: "Where to; a secret, because such addresses often hold a token",
    }),
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST").meta({ description: "Method" }),
    headers: z
      .record(z.string().regex(HEADER_NAME), secretReference)
      .default({})
      .meta({ description: "Further headers, e.g. `Authorization: { env: NAME }`" }),
    body: body.prefault(DEFAULT_TEMPLATE).meta({
      description: `JSON; \`{{name}}\` inside of a text stands for ${PLACEHOLDERS.join(", ")}, escaped`,
    }),
    secret: secretReference.optional().meta({
      description: "Signs each request; any text, or `whsec_` and a key in Base64",
    }),
  }),
  secrets: ({ url, headers, secret }) => [
    url,
    ...Object.entries(headers).flatMap(([name, value]) => (isSecretHeader(name, value) ? [value] : [])),
    ...(secret ? [secret] : []),
  ],
  create(config, ports, open) {
    const url = open(config.url);
    const key = config.secret && open(config.secret);
    const headers = Object.entries(config.headers).map(([name, value]) => ({
      name,
      value: open(value),
      isSecret: isSecretHeader(name, value),
    }));
    warnOfPlainHttp(ports.log, "webhook", urlOf(url));
    if (key) keyOf(key);
    return {
      async send(notice, signal) {
        const to = urlOf(url);
        const text = fillIn(config.body, valuesOf(notice));
        const hidden = headers.filter(({ isSecret }) => isSecret).map(({ value }) => value.reveal());
        await deliver(
          ports,
          {
            title: "the webhook",
            method: config.method,
            url: to,
            headers: {
              "content-type": "application/json",
              ...Object.fromEntries(headers.map(({ name, value }) => [name, value.reveal()])),
              "webhook-id": notice.id,
              ...(key && signature(key, { id: notice.id, text }, ports)),
            },
            body: text,
            secrets: [...secretsOf(to), ...hidden, ...(key ? [key.reveal()] : [])],
          },
          signal,
        );
      },
    };
  },
});

function urlOf(secret: Secret): URL {
  return secretUrl(secret, "the webhook", "one such as https://example.org/hook");
}

function isSecretHeader(name: string, value: SecretReference): boolean {
  return value.kind !== "plain" || SECRET_HEADER.test(name);
}

/**
 * https://github.com/standard-webhooks/standard-webhooks, "Signature scheme" (read 2026-11-23). The id is part of it:
 * what somebody recorded and sends again under another one is refused.
 */
function signature(
  key: Secret,
  { id, text }: { readonly id: string; readonly text: string },
  { clock, hashes }: Ports,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(clock.date().getTime() / 1000));
  const content = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const mac = Buffer.from(hashes.hmac("sha256", keyOf(key), content)).toString("base64");
  return { "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}

function keyOf(secret: Secret): Uint8Array {
  const [, encoded] = /^whsec_(.*)$/s.exec(secret.reveal()) ?? [];
  if (encoded === undefined) return new TextEncoder().encode(secret.reveal());
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded) && encoded !== "")
    return Buffer.from(encoded, "base64");
  throw wrongSecret(
    "the secret for the webhook: what follows whsec_ is no Base64",
    "such as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  );
}
