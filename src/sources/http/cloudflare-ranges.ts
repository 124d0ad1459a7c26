import type { Address } from "#core/address.ts";
import { parsePrefix, prefixContains } from "#core/prefix.ts";

/**
 * Cloudflare's own addresses. An echo behind Cloudflare that names one of them saw a relay (WARP, Workers, a
 * misconfigured edge) and not its caller; such addresses did get published as somebody's home
 * (timothymiller/cloudflare-ddns issues 216 and 233).
 *
 * @see https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6, as of 2026-10-02
 */
const CLOUDFLARE_RANGES = [
  "103.21.244.0/22",
  "103.22.200.0/22",
  "103.31.4.0/22",
  "104.16.0.0/13",
  "104.24.0.0/14",
  "108.162.192.0/18",
  "131.0.72.0/22",
  "141.101.64.0/18",
  "162.158.0.0/15",
  "172.64.0.0/13",
  "173.245.48.0/20",
  "188.114.96.0/20",
  "190.93.240.0/20",
  "197.234.240.0/22",
  "198.41.128.0/17",
  "2400:cb00::/32",
  "2405:8100::/32",
  "2405:b500::/32",
  "2606:4700::/32",
  "2803:f800::/32",
  "2a06:98c0::/29",
  "2c0f:f248::/32",
].map((text) => {
  const prefix = parsePrefix(text);
  if (!prefix) throw new TypeError(`Cannot read the prefix "${text}" of the built-in table`);
  return prefix;
});

export function isCloudflare(address: Address): boolean {
  return CLOUDFLARE_RANGES.some((range) => prefixContains(range, address));
}
