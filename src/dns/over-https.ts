import type { Address, Family } from "#core/address.ts";
import { TransportError } from "#core/errors.ts";
import type { Http } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import { foreignAnswer } from "#dns/failure.ts";
import type { Reply, Request } from "#dns/request.ts";

const MEDIA_TYPE = "application/dns-message";
/** The largest DNS message there can be. */
const MAX_BYTES = 65_535;

/** Asks by POST (RFC 8484 section 4.1), on a connection of its own. */
export async function exchangeOverHttps(
  http: Http,
  service: { readonly url: URL; readonly family?: Family | undefined },
  request: Request,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<Reply & { readonly server: Address | undefined }> {
  const peer = `${service.url.origin}${service.url.pathname}`;
  const headers = { "content-type": MEDIA_TYPE, accept: MEDIA_TYPE, "accept-encoding": "identity" };
  const {
    status,
    headers: received,
    body,
    server,
  } = await http.request(
    {
      method: "POST",
      url: service.url,
      headers,
      body: request.bytes,
      family: service.family,
      connection: "fresh",
      maxBytes: MAX_BYTES,
      timeout,
    },
    signal,
  );
  if (status !== 200) throw unusable(peer, `status ${status}, expected 200`);
  const mediaType = received["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== MEDIA_TYPE) throw unusable(peer, `of type "${mediaType ?? ""}", expected ${MEDIA_TYPE}`);
  const acceptance = request.accept(body);
  if (acceptance.kind === "foreign") throw foreignAnswer(peer, acceptance);
  return { ...acceptance.reply, server };
}

function unusable(peer: string, is: string): TransportError {
  return new TransportError(`Cannot use the answer of ${peer}: it is ${is}`, {
    code: "http-status",
    peer,
    phase: "sent",
  });
}
