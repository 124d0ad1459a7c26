import { ProviderError, TransportError } from "#core/errors.ts";
import type { Change } from "#core/plan.ts";
import type { DesiredRecord, RecordKey } from "#core/record.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { ConfigurationReport, Finding } from "#service/context.ts";
import type { Subjects } from "#state/initial-state.ts";
import { desired, type EngineWorld, type ScriptedProvider } from "#testing/engine-world.ts";
import type { FakeWitnessOptions } from "#testing/fake-witness.ts";

export const NOW = new Date("2026-03-14T08:00:00Z");
export const SIX = "2a10:ed1:77::1";

/** In the end: in sync, in sync, in sync, withheld, pending, kept, in sync, failed. */
export const RECORDS: readonly DesiredRecord[] = [
  desired("home.example.org", "A", { ttl: seconds(300) }),
  desired("home.example.org", "AAAA", { ttl: seconds(300) }),
  desired("*.home.example.org", "A", { ttl: seconds(300) }),
  desired("vpn.example.org", "A", { ttl: seconds(60) }),
  desired("mail.example.org", "A", { ttl: seconds(3600) }),
  desired("nas.example.org", "AAAA", { ttl: seconds(300) }),
  desired("office.example.net", "A", { provider: "office", mode: "merge" }),
  desired("shop.example.net", "A", { provider: "office", ttl: seconds(600) }),
];

export const PROVIDERS: Subjects["providers"] = [
  {
    name: "home",
    type: "gandi",
    title: "Gandi LiveDNS",
    limit: { requests: 1000, per: milliseconds(60_000), source: "https://api.gandi.net/docs/reference/" },
  },
  {
    name: "office",
    type: "cloudflare",
    title: "Cloudflare",
    limit: {
      requests: 1200,
      per: milliseconds(300_000),
      source: "https://developers.cloudflare.com/fundamentals/api/reference/limits/",
    },
  },
];

function stun(operator: string, rtt: number): FakeWitnessOptions {
  return { id: `stun:stun.${operator}.example:3478:udp`, operator: `${operator}.example`, rtt };
}

function echo(operator: string, rtt: number): FakeWitnessOptions {
  const id = `http:https://ip.${operator}.example/`;
  return { id, operator: `${operator}.example`, source: "http", authenticated: true, rtt };
}

export const WITNESSES: readonly FakeWitnessOptions[] = [
  stun("alpha", 9),
  stun("bravo", 14),
  stun("charlie", 22),
  stun("delta", 31),
  stun("echo", 38),
  echo("foxtrot", 12),
  echo("golf", 21),
  echo("hotel", 33),
];

/** What goes wrong at the providers from the first round on. */
export function troubleProviders({ provider: home }: EngineWorld, office: ScriptedProvider): void {
  home.script = ({ record }: Change) => {
    if (record.name !== "mail.example.org") return undefined;
    const error = new TransportError("Cannot hear from api.gandi.net: the connection broke off", {
      code: "reset",
      peer: "api.gandi.net:443",
      phase: "sent",
    });
    return { kind: "unconfirmed", error };
  };
  home.readScript = ({ name }: RecordKey) => {
    if (name !== "nas.example.org") return undefined;
    const error = new ProviderError('Cannot read "nas.example.org": the zone is being moved', {
      code: "http-status",
      status: 503,
    });
    return { kind: "unread", error };
  };
  office.script = ({ record }: Change) =>
    record.name === "shop.example.net"
      ? {
          kind: "refused",
          cause: "not-allowed",
          words: "10000: the token may not edit records of example.net",
          hint: "give it the permission Zone.DNS:Edit for example.net",
        }
      : undefined;
}

export const CONFIGURATION: ConfigurationReport = {
  file: "/etc/esddns/esddns.yaml",
  values: [
    { path: "schedule.interval", value: "5m", origin: "default" },
    { path: "schedule.probe", value: "10s", origin: "/etc/esddns/esddns.yaml:4" },
    { path: "consensus.quorum", value: 2, origin: "default" },
    { path: "providers.home.type", value: "gandi", origin: "/etc/esddns/esddns.yaml:8" },
    { path: "providers.home.token", value: "•••", origin: "$GANDI_TOKEN" },
    { path: "providers.office.type", value: "cloudflare", origin: "/etc/esddns/esddns.yaml:11" },
    { path: "providers.office.token", value: "•••", origin: "/run/secrets/cloudflare" },
    { path: "verify", value: true, origin: "default" },
    { path: "store", value: "/var/lib/esddns/esddns.db", origin: "$ESDDNS_STORE" },
    { path: "log.file", value: null, origin: "default" },
  ],
  notes: [
    {
      severity: "problem",
      words: 'records.3.ttl: "1 minute" is no duration, expected e.g. 60 or 1m',
      line: 24,
    },
    { severity: "warning", words: "service.tokens: none; scripts have to use the password" },
  ],
};

export const FINDINGS: readonly Finding[] = [
  {
    result: "ok",
    subject: "IPv4 stun:stun.alpha.example:3478:udp (alpha.example)",
    words: "says 44.128.10.77 (9 ms)",
  },
  {
    result: "warning",
    subject: "IPv4 stun:stun.echo.example:3478:udp (echo.example)",
    words: "Cannot ask stun.echo.example:3478: no answer within 3 s",
  },
  { result: "ok", subject: "provider home", words: "the token can read example.org" },
  {
    result: "problem",
    subject: "provider office",
    words: "10000: the token may not edit records of example.net (give it the permission Zone.DNS:Edit)",
  },
  { result: "ok", subject: "IPv4 quorum", words: "7 operators answer, 2 have to agree" },
];
