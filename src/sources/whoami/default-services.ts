import { operator } from "#core/witness.ts";
import type { WhoamiService } from "#sources/whoami/service.ts";

const CLOUDFLARE = ["1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"];
const OPENDNS = [
  "208.67.222.222",
  "208.67.220.220",
  "208.67.222.220",
  "208.67.220.222",
  "2620:119:35::35",
  "2620:0:ccc::2",
  "2620:0:ccd::2",
];
/** ns1 to ns4.google.com: nobody else answers for the name, and a resolver in between would tell its own address. */
const GOOGLE = [
  "216.239.32.10",
  "216.239.34.10",
  "216.239.36.10",
  "216.239.38.10",
  "2001:4860:4802:32::a",
  "2001:4860:4802:34::a",
  "2001:4860:4802:36::a",
  "2001:4860:4802:38::a",
];

const cloudflare = {
  name: "whoami.cloudflare",
  type: "TXT",
  class: "CH",
  operator: operator("cloudflare"),
  authoritative: false,
} as const;

const opendns = {
  name: "myip.opendns.com",
  type: "address",
  class: "IN",
  operator: operator("cisco"),
  authoritative: false,
} as const;

/** The services asked unless others are configured. Addresses, so that nothing has to be resolved before. */
export const DEFAULT_SERVICES: readonly WhoamiService[] = [
  { ...cloudflare, access: { transport: "udp", hosts: CLOUDFLARE, port: 53 } },
  {
    ...cloudflare,
    access: { transport: "tls", hosts: CLOUDFLARE, port: 853, serverName: "cloudflare-dns.com" },
  },
  {
    ...cloudflare,
    access: { transport: "https", url: new URL("https://cloudflare-dns.com/dns-query") },
  },
  { ...opendns, access: { transport: "udp", hosts: OPENDNS, port: 53 } },
  { ...opendns, access: { transport: "tls", hosts: OPENDNS, port: 853, serverName: "dns.opendns.com" } },
  {
    name: "o-o.myaddr.l.google.com",
    type: "TXT",
    class: "IN",
    operator: operator("google"),
    authoritative: true,
    access: { transport: "udp", hosts: GOOGLE, port: 53 },
  },
];
