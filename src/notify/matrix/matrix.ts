import { z } from "zod";
import { milliseconds } from "#core/units.ts";
import { type Answer, deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { jsonBody, numberMember, textMember } from "#notify/_shared/json-body.ts";
import { below, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { bodyOf, escapeMarkup, fit } from "#notify/_shared/words.ts";
import { defineNotifier, type Notice } from "#notify/definition.ts";
import { httpUrl } from "#schemas/http-url.ts";
import { secretReference } from "#schemas/secret.ts";

/** An event has 65,536 bytes at most, and carries the text twice, escaped. */
const [MAX_TITLE, MAX_TEXT] = [500, 3500];

/**
 * https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid (read 2026-11-22):
 * the server drops a repetition by its transaction id, which is why every attempt has the same.
 */
export const matrix = defineNotifier({
  kind: "message",
  id: "matrix",
  title: "Matrix",
  docsUrl: "https://spec.matrix.org/latest/client-server-api/#sending-events-to-a-room",
  description:
    "A message to a room that is not encrypted. Make an account for esddns, let it join the room, and use its access " +
    "token. `room` is the internal ID (`!…`), which clients show in the advanced settings of the room.",
  example: {
    server: "https://matrix.example.org",
    room: "!abcdef:example.org",
    token: { env: "MATRIX_TOKEN" },
  },
  config: z.strictObject({
    server: httpUrl.meta({ description: "The homeserver's own address" }),
    room: z
      .string()
      .regex(/^![^\s/]{1,254}$/)
      .meta({ description: "Internal ID of the room, `!…`" }),
    token: secretReference.meta({ description: "Access token" }),
  }),
  secrets: ({ token }) => [token],
  create({ server, room, ...config }, ports, secret) {
    const token = secret(config.token);
    warnOfPlainHttp(ports.log, "matrix", server);
    return {
      async send(notice, signal) {
        const { headers, body } = jsonBody(message(notice));
        const [to, transaction] = [room, notice.id].map(encodeURIComponent);
        await deliver(
          ports,
          {
            title: "Matrix",
            method: "PUT",
            url: below(server, `/_matrix/client/v3/rooms/${to}/send/m.room.message/${transaction}`),
            headers: { ...headers, authorization: `Bearer ${token.reveal()}` },
            body,
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
  const title = fit(notice.happening.title, MAX_TITLE);
  const rest = fit(bodyOf(notice), MAX_TEXT);
  return {
    msgtype: "m.text",
    body: `${title}\n${rest}`,
    format: "org.matrix.custom.html",
    formatted_body: `<strong>${escapeMarkup(title)}</strong><br>${escapeMarkup(rest).replaceAll("\n", "<br>")}`,
    // Present and empty: nobody is called, whatever the words are (section "User and room mentions")
    "m.mentions": {},
  };
}

function explain({ status, json }: Answer): Explanation {
  const code = textMember(json, "errcode");
  const words = [code, textMember(json, "error")].filter((word) => word !== undefined).join(": ");
  const span = numberMember(json, "retry_after_ms");
  const hint = status === 403 ? "let the account of the token join the room" : undefined;
  return {
    words: words === "" ? undefined : words,
    hint,
    after: span === undefined ? undefined : milliseconds(span),
    ...(code === "M_LIMIT_EXCEEDED" ? { code: "rate-limited" } : {}),
  };
}
