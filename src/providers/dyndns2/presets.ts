import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { Word } from "#providers/dyndns2/words.ts";

/** How an IPv6 address goes into an update. */
export type Ipv6Form =
  /** `myip=192.0.2.1,2001:db8::1` */
  | { readonly kind: "comma" }
  /** `myip=192.0.2.1&myipv6=2001:db8::1`; `keep` leaves the family alone that is not being updated. */
  | {
      readonly kind: "parameter";
      readonly ipv4: string;
      readonly ipv6: string;
      readonly keep?: string | undefined;
    }
  /** `myip=2001:db8::1`, in a call of its own; at another host where the service has one for each family. */
  | { readonly kind: "separate"; readonly host?: string | undefined }
  | { readonly kind: "no"; readonly reason: string };

/** A service that speaks dyndns2, and its accent. */
export interface Preset {
  readonly title: string;
  readonly url: string;
  readonly ipv6: Ipv6Form;
  /** Hosts that one call may carry. */
  readonly hosts: number;
  /** Parameters that go with every call. */
  readonly extra?: Readonly<Record<string, string>> | undefined;
  /** `token`: the password goes into this parameter instead of an Authorization header. */
  readonly token?: string | undefined;
  /** Its own words, as a whole line in lower case, beside those of the protocol. */
  readonly words?: Readonly<Record<string, Word>> | undefined;
  /** Between two updates of one host. */
  readonly interval: Milliseconds;
  /** The vendor's page, or where the facts were taken from, with the date. */
  readonly source: string;
}

const HALF_MINUTE = milliseconds(30_000);
const COMMA: Ipv6Form = { kind: "comma" };
const SEPARATE: Ipv6Form = { kind: "separate" };

/**
 * What is not documented by a service is left out: no preset guesses at the address parameters, because a
 * wrong one publishes the address of the connection instead of the one that was decided on.
 */
export const presets = {
  noip: {
    title: "No-IP",
    url: "https://dynupdate.no-ip.com/nic/update",
    ipv6: COMMA,
    hosts: 20,
    interval: HALF_MINUTE,
    source: "https://www.noip.com/integrate/request, read 2026-11-22",
  },
  dyn: {
    title: "Dyn",
    url: "https://members.dyndns.org/v3/update",
    ipv6: { kind: "no", reason: "Dyn documents IPv4 addresses only" },
    hosts: 20,
    interval: HALF_MINUTE,
    source: "https://help.dyn.com/remote-access-api/perform-update, read 2026-11-22",
  },
  dynv6: {
    title: "dynv6",
    // Its /nic/update takes IPv4 alone; /api/update keeps a family that is not sent
    url: "https://dynv6.com/api/update",
    ipv6: { kind: "parameter", ipv4: "ipv4", ipv6: "ipv6" },
    hosts: 1,
    token: "token",
    words: { "addresses updated": "good", "addresses unchanged": "nochg" },
    interval: HALF_MINUTE,
    source: "https://dynv6.com/docs/apis, read 2026-11-22",
  },
  desec: {
    title: "deSEC",
    url: "https://update.dedyn.io/nic/update",
    // A family that is not sent is deleted, or taken from the connection
    ipv6: { kind: "parameter", ipv4: "myipv4", ipv6: "myipv6", keep: "preserve" },
    hosts: 1,
    interval: milliseconds(60_000),
    source: "https://desec.readthedocs.io/en/latest/dyndns/update-api.html, read 2026-11-22",
  },
  ovh: {
    title: "OVH DynHost",
    url: "https://www.ovh.com/nic/update",
    ipv6: SEPARATE,
    hosts: 1,
    extra: { system: "dyndns" },
    interval: HALF_MINUTE,
    source: "https://github.com/ovh/manager/issues/3919 (IPv6 by myip), read 2026-11-22",
  },
  strato: {
    title: "Strato",
    url: "https://dyndns.strato.com/nic/update",
    ipv6: COMMA,
    hosts: 1,
    interval: HALF_MINUTE,
    source: "public clients of the service, read 2026-11-22",
  },
  infomaniak: {
    title: "Infomaniak",
    url: "https://infomaniak.com/nic/update",
    ipv6: SEPARATE,
    hosts: 1,
    words: { successfully_changed: "good", no_change: "nochg" },
    interval: HALF_MINUTE,
    source: "public clients of the service, read 2026-11-22",
  },
  inwx: {
    title: "INWX",
    url: "https://dyndns.inwx.com/nic/update",
    ipv6: { kind: "parameter", ipv4: "myip", ipv6: "myipv6" },
    hosts: 1,
    interval: HALF_MINUTE,
    source: "public clients of the service, read 2026-11-22",
  },
  he: {
    title: "Hurricane Electric",
    url: "https://dyn.dns.he.net/nic/update",
    ipv6: SEPARATE,
    hosts: 1,
    interval: HALF_MINUTE,
    source: "https://dns.he.net/ (the record's own name is the user name), read 2026-11-22",
  },
  nsupdate: {
    title: "nsupdate.info",
    url: "https://ipv4.nsupdate.info/nic/update",
    ipv6: { kind: "separate", host: "ipv6.nsupdate.info" },
    hosts: 1,
    interval: HALF_MINUTE,
    source: "https://nsupdateinfo.readthedocs.io/en/latest/user.html, read 2026-11-22",
  },
  loopia: {
    title: "Loopia",
    url: "https://dyndns.loopia.se/",
    ipv6: { kind: "no", reason: "Loopia documents IPv4 addresses only" },
    hosts: 1,
    interval: HALF_MINUTE,
    source: "public clients of the service, read 2026-11-22",
  },
  easydns: {
    title: "easyDNS",
    url: "https://api.cp.easydns.com/dyn/generic.php",
    ipv6: { kind: "no", reason: "easyDNS documents IPv4 addresses only" },
    hosts: 1,
    words: {
      noerror: "good",
      ok: "good",
      noaccess: "badauth",
      no_auth: "badauth",
      noservice: "!active",
      no_service: "!active",
      illegal: "notfqdn",
      "illegal input": "notfqdn",
      toosoon: "toosoon",
      too_freq: "toosoon",
    },
    interval: milliseconds(600_000),
    source: "https://kb.easydns.com/knowledge/dynamic-dns/, read 2026-11-22",
  },
  spdyn: {
    title: "Securepoint SPDyn",
    url: "https://update.spdyn.de/nic/update",
    ipv6: SEPARATE,
    hosts: 20,
    interval: HALF_MINUTE,
    source: "https://wiki.securepoint.de/SPDyn, read 2026-11-22",
  },
  dnsomatic: {
    title: "DNS-O-Matic",
    url: "https://updates.dnsomatic.com/nic/update",
    ipv6: { kind: "no", reason: "DNS-O-Matic takes IPv4 addresses only" },
    hosts: 1,
    interval: HALF_MINUTE,
    source: "https://www.dnsomatic.com/docs/api, read 2026-11-22",
  },
  dynu: {
    title: "Dynu",
    url: "https://api.dynu.com/nic/update",
    ipv6: { kind: "parameter", ipv4: "myip", ipv6: "myipv6", keep: "no" },
    hosts: 1,
    interval: HALF_MINUTE,
    source: "https://www.dynu.com/DynamicDNS/IP-Update-Protocol, read 2026-11-22",
  },
  variomedia: {
    title: "Variomedia",
    url: "https://dyndns.variomedia.de/nic/update",
    ipv6: COMMA,
    hosts: 1,
    interval: HALF_MINUTE,
    source: "https://dyndns.variomedia.de, read 2026-11-22",
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetId = keyof typeof presets;

/** A service that is not in the table: the protocol as Dyn wrote it down, one host and one address a call. */
export const plainPreset: Omit<Preset, "url"> = {
  title: "the dyndns2 service",
  ipv6: SEPARATE,
  hosts: 1,
  interval: HALF_MINUTE,
  source: "https://help.dyn.com/remote-access-api/return-codes/, read 2026-11-22",
};

/** The path where a server listens that says nothing else. */
export const DEFAULT_PATH = "/nic/update";
