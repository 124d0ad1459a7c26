import { CancelledError, type EsddnsError, TransportError } from "#core/errors.ts";
import { type DeliveryCode, DeliveryError } from "#notify/_shared/delivery-error.ts";
import { cleanWords } from "#notify/_shared/words.ts";

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly security: "none" | "starttls" | "tls";
  readonly account: { readonly user: string; readonly password: string } | undefined;
  /** PEM, trusted besides the usual ones. */
  readonly authorities: Uint8Array | undefined;
}

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** `<…@…>` */
  readonly id: string;
  readonly date: Date;
}

/** Of each step, and of all together. */
const [STEP, TOGETHER] = [10_000, 45_000];

/**
 * One message by SMTP.
 *
 * @throws {DeliveryError} (rejects) when the server refuses it, for good (5yz) or for now (4yz)
 * @throws {TransportError} (rejects) when it cannot be reached as securely as asked for
 * @throws {CancelledError} (rejects)
 */
export async function sendLetter(server: Server, letter: Letter, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new CancelledError();
  try {
    const rejected = await transmit(server, letter, AbortSignal.any([signal, AbortSignal.timeout(TOGETHER)]));
    if (rejected.length > 0) throw refused(server, `it does not take mail for ${rejected.join(", ")}`);
  } catch (error) {
    if (signal.aborted) throw new CancelledError();
    throw error instanceof DeliveryError ? error : translate(error, server);
  }
}

/** @returns the recipients that the server did not take, while it took others */
async function transmit(server: Server, letter: Letter, signal: AbortSignal): Promise<readonly string[]> {
  const { createTransport } = await import("nodemailer");
  const { host, port, security, account } = server;
  const transport = createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    tls: { minVersion: "TLSv1.2", ...(await authorities(server)) },
    // Also where the server does not offer it: never without the account that was asked for
    ...(account && { auth: { user: account.user, pass: account.password }, forceAuth: true }),
    connectionTimeout: STEP,
    greetingTimeout: STEP,
    dnsTimeout: STEP,
    socketTimeout: STEP,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { rejected } = await transport.sendMail({
    from: letter.from,
    to: [...letter.to],
    subject: letter.subject,
    text: letter.text,
    messageId: letter.id,
    date: letter.date,
    // RFC 3834 section 5: nobody's absence note answers to it
    headers: { "Auto-Submitted": "auto-generated" },
    signal,
  });
  return rejected.map(String);
}

async function authorities({ authorities: own }: Server): Promise<{ readonly ca?: string[] }> {
  if (!own) return {};
  const { getCACertificates } = await import("node:tls");
  return { ca: [...getCACertificates("default"), new TextDecoder().decode(own)] };
}

/** An error of nodemailer, whose `code` and `responseCode` say what happened. */
function translate(error: unknown, server: Server): EsddnsError {
  const { code, status, response, words } = read(error);
  const said = cleanWords(response ?? words, secretsOf(server));
  // A server without STARTTLS answers 502 to it, which is no word on the message
  const isTls =
    code === "ETLS" ||
    /certificate|self.signed|\btls|\bssl|EPROTO/i.test(response === undefined ? words : "");
  if (!isTls && status !== undefined && status >= 400)
    return refused(server, `it answers "${said}"`, { code, status });
  const peer = `${server.host}:${server.port}`;
  if (code === "EAUTH") return refused(server, `it cannot be signed in at (${said})`, { code });
  return new TransportError(`Cannot send mail by "${peer}": ${said}`, {
    code: isTls ? "certificate" : code === "ETIMEDOUT" || code === "EABORT" ? "timeout" : "network",
    hint: isTls ? tlsHint(server) : undefined,
    peer,
    phase: "unsent",
  });
}

function tlsHint({ security }: Server): string {
  const other = security === "tls" ? "starttls (port 587)" : "tls (port 465)";
  return `nothing was sent; if the server wants it so, set \`security: ${other}\`, or \`caFile\` for its own authority`;
}

function refused(
  { host, port }: Server,
  is: string,
  { code, status }: { readonly code?: string; readonly status?: number | undefined } = {},
): DeliveryError {
  const isPassing = status !== undefined && status < 500;
  const kind: DeliveryCode = code === "EAUTH" ? "authentication" : isPassing ? "server-error" : "refused";
  return new DeliveryError(`Cannot send mail by "${host}:${port}": ${is}`, {
    code: kind,
    status,
    hint: kind === "authentication" ? "check the username and the password" : undefined,
    retry: isPassing ? "next-round" : "never",
  });
}

/** The password as SMTP sends it, too. */
function secretsOf({ account }: Server): readonly string[] {
  if (!account) return [];
  const { user, password } = account;
  const encode = (text: string) => Buffer.from(text).toString("base64");
  return [password, encode(password), encode(`\0${user}\0${password}`)];
}

function read(error: unknown) {
  const member = (key: string): unknown =>
    typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined;
  const [code, status, response] = [member("code"), member("responseCode"), member("response")];
  return {
    code: typeof code === "string" ? code : "",
    status: typeof status === "number" ? status : undefined,
    response: typeof response === "string" ? response : undefined,
    words: error instanceof Error ? error.message : String(error),
  };
}
