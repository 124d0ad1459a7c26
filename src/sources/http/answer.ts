import type { Address, Family } from "#core/address.ts";
import { type ErrorDetail, type Retry, WitnessError } from "#core/errors.ts";
import type { HttpResponse } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { excerpt } from "#sources/_shared/excerpt.ts";
import { soleAddress } from "#sources/_shared/sole-address.ts";
import { isCloudflare } from "#sources/http/cloudflare-ranges.ts";
import { CLOUDFLARE, type EchoService, visibleUrl } from "#sources/http/service.ts";

/** Every address and trace page fits in. */
const MAX_BYTES = 4096;
const MAX_RETRY_AFTER = milliseconds(24 * 3_600_000);

/**
 * The address that an echo's answer consists of. Nothing is searched for: a page that merely contains an address
 * (a captive portal's, a block page) is no answer.
 *
 * @throws {WitnessError} codes `redirect`, `http-status`, `html`, `encoded`, `too-large`, `not-an-address`,
 *   `wrong-family`, `not-a-trace`, `other-host`, `tunnel`, `relay-address`
 */
export function readAnswer(response: HttpResponse, service: EchoService, family: Family): Address {
  checkForm(response, service);
  // Every byte is a character: what is not ASCII stays visible and is no address
  const body = new TextDecoder("latin1").decode(response.body);
  const address = soleAddress(service.format === "trace" ? traceAddress(body, service) : body);
  if (!address) {
    return refuse(service, "not-an-address", `it says ${excerpt(body)}`, "one address and nothing else");
  }
  if (address.family !== family) {
    return refuse(service, "wrong-family", `it says ${excerpt(address.text)}`, `an IPv${family} address`);
  }
  if (service.operator === CLOUDFLARE && isCloudflare(address)) {
    const hint = "a tunnel such as WARP on this host hides the address of its network";
    return refuse(service, "relay-address", `it says ${excerpt(address.text)}, Cloudflare's own`, "ours", {
      hint,
    });
  }
  return address;
}

function checkForm(response: HttpResponse, service: EchoService): void {
  const { status, headers } = response;
  const says = excerpt(new TextDecoder("latin1").decode(response.body));
  if (status >= 300 && status < 400) {
    const hint = "a captive portal may be in the way; else configure the URL it leads to";
    refuse(service, "redirect", `status ${status}, to ${excerpt(headers["location"] ?? "")}`, "200", {
      hint,
    });
  }
  if (status !== 200) {
    const retry = retryAfter(headers["retry-after"]);
    refuse(service, "http-status", `status ${status} and ${says}`, "200", { retry });
  }
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers["content-type"] ?? "")) {
    refuse(service, "html", `a page that says ${says}`, "plain text");
  }
  const coding = headers["content-encoding"] ?? "identity";
  if (coding.toLowerCase() !== "identity")
    refuse(service, "encoded", `a body in ${excerpt(coding)}`, "one without a coding");
  const { length } = response.body;
  if (length > MAX_BYTES) refuse(service, "too-large", `${length} bytes`, `at most ${MAX_BYTES}`);
}

/** The `ip` of a trace page, after what else the page tells has been checked. */
function traceAddress(body: string, service: EchoService): string {
  const lines = body.split(/\r?\n/).filter((line) => line !== "");
  const pairs = lines.map((line) => /^([a-z_]+)=(.*)$/.exec(line));
  const valueOf = (key: string) => {
    const values = pairs.filter((pair) => pair?.[1] === key).map((pair) => pair?.[2] ?? "");
    return values.length === 1 ? values[0] : undefined;
  };
  const [ip, host, warp] = [valueOf("ip"), valueOf("h"), valueOf("warp")];
  if (ip === undefined || host === undefined || warp === undefined || pairs.includes(null)) {
    return refuse(
      service,
      "not-a-trace",
      `it says ${excerpt(body)}`,
      "lines of key=value with one ip, h and warp",
    );
  }
  if (host.toLowerCase() !== service.url.host) {
    refuse(service, "other-host", `a trace of ${excerpt(host)}`, `one of "${service.url.host}"`);
  }
  if (warp !== "off") {
    const hint = "the tunnel hides the address of this network; exclude esddns from it";
    refuse(service, "tunnel", `warp is ${excerpt(warp)}`, "off", { hint });
  }
  return ip;
}

/** Seconds, or a date (RFC 9110 section 10.2.3), which we leave to the next round: clocks disagree. */
function retryAfter(header: string | undefined): Retry {
  if (header === undefined || !/^\d{1,9}$/.test(header.trim())) return "next-round";
  return { after: milliseconds(Math.min(Number(header) * 1000, MAX_RETRY_AFTER)) };
}

function refuse(
  { url }: EchoService,
  code: string,
  is: string,
  expected: string,
  detail: Omit<ErrorDetail, "code"> = {},
): never {
  const message = `Cannot use the answer of "${visibleUrl(url)}": ${is}, expected ${expected}`;
  throw new WitnessError(message, { code, ...detail });
}
