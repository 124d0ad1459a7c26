import type { IncomingHttpHeaders } from "node:http";
import type { Hashes, Random } from "#core/ports.ts";
import { problem } from "#service/http/problem.ts";
import type { Caller } from "#service/http/route.ts";

/** What of a request says whether one of our own pages sent it. */
export interface Sent {
  readonly headers: IncomingHttpHeaders;
  /** Of its body, without parameters. */
  readonly mediaType: string;
  /** Our own. */
  readonly origin: string;
  readonly caller: Caller;
  readonly form: () => Promise<URLSearchParams>;
}

/** Against other sites' pages that let a person's browser send something here. */
export class Forgery {
  readonly #key: Uint8Array;
  readonly #hashes: Hashes;

  constructor({ hashes, random }: { readonly hashes: Hashes; readonly random: Random }) {
    this.#key = random.bytes(32);
    this.#hashes = hashes;
  }

  /** @param subject the session, or what stands for one */
  tokenFor(subject: string): string {
    return Buffer.from(this.#hashes.hmac("sha256", this.#key, bytesOf(subject))).toString("base64url");
  }

  /** @throws {HttpProblem} (rejects) 403, and what reading the form throws */
  async check(sent: Sent): Promise<void> {
    // No browser adds a bearer token by itself
    if (sent.caller.kind === "token") return;
    checkOrigin(sent);
    if (isProgramHere(sent)) return;
    const token = await tokenOf(sent);
    if (token !== undefined && this.#hashes.equal(bytesOf(token), bytesOf(sent.caller.csrf))) return;
    throw problem(
      403,
      "csrf",
      "The form is too old, or none of ours",
      "Load the page again; a script sends the page's token as x-esddns-csrf",
    );
  }
}

function checkOrigin({ headers, origin }: Sent): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw problem(403, "cross-site", "The request comes from another site's page");
  if (headers.origin === undefined || headers.origin.toLowerCase() === origin) return;
  throw problem(
    403,
    "cross-site",
    "The request comes from another site's page",
    `Its Origin is not ${origin}; behind a reverse proxy, name it in \`service.proxies\` and let it send X-Forwarded-Proto and X-Forwarded-Host`,
  );
}

/**
 * A browser sends JSON to another origin only after asking (CORS preflight), and the answer is never yes; and it
 * would say whence it comes. So this is a program on this host.
 */
function isProgramHere({ caller, headers, mediaType }: Sent): boolean {
  const { origin, cookie } = headers;
  const isBrowser = origin !== undefined || cookie !== undefined || headers["sec-fetch-site"] !== undefined;
  return caller.kind === "local" && !isBrowser && mediaType === "application/json";
}

async function tokenOf(sent: Sent): Promise<string | undefined> {
  const header = sent.headers["x-esddns-csrf"];
  if (typeof header === "string") return header;
  if (sent.mediaType !== "application/x-www-form-urlencoded") return undefined;
  return (await sent.form()).get("csrf") ?? undefined;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
