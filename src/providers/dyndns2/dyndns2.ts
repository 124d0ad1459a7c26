import { z } from "zod";
import type { Capabilities } from "#core/provider.ts";
import { milliseconds } from "#core/units.ts";
import { warnOfPlainHttp } from "#providers/_shared/plain-http.ts";
import { secretReference } from "#schemas/secret.ts";
import { defineProvider } from "#providers/definition.ts";
import type { Service } from "#providers/dyndns2/calls.ts";
import {
  DEFAULT_PATH,
  type Ipv6Form,
  plainPreset,
  type Preset,
  type PresetId,
  presets,
} from "#providers/dyndns2/presets.ts";
import { createDyndns2 } from "#providers/dyndns2/provider.ts";
import { httpUrl } from "#schemas/http-url.ts";

const IPV6_FORMS = {
  comma: { kind: "comma" },
  myipv6: { kind: "parameter", ipv4: "myip", ipv6: "myipv6" },
  separate: { kind: "separate" },
  no: { kind: "no", reason: "the configuration says that the service takes IPv4 addresses only" },
} as const satisfies Readonly<Record<string, Ipv6Form>>;

const config = z
  .strictObject({
    service: z
      .literal(Object.keys(presets).filter(isPresetId))
      .optional()
      .meta({ description: "A service whose address and accent are known" }),
    server: z
      .string()
      .regex(/^[\w.-]+(:\d+)?$/, "expected a host name, with or without a port")
      .optional()
      .meta({ description: "Host of another service that speaks dyndns2, asked by HTTPS" }),
    path: z
      .string()
      .startsWith("/")
      .optional()
      .meta({ description: `Path of the update URL; absent: that of the service, or ${DEFAULT_PATH}` }),
    endpoint: httpUrl
      .optional()
      .meta({ description: "Base URL instead of `server`, when the scheme or a path prefix is another" }),
    username: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Absent: the record's own name (he.net, nsupdate.info, SPDyn tokens)" }),
    password: secretReference.meta({ description: "Password, update key or token" }),
    ipv6: z.enum(["comma", "myipv6", "separate", "no"]).optional().meta({
      description:
        "How the service takes IPv6 addresses, when it is no known one: after a comma, in `myipv6`, or in a call of its own",
    }),
  })
  .refine(
    ({ service, server, endpoint }) => (service ?? server ?? endpoint) !== undefined,
    "expected one of service, server and endpoint",
  );

type Config = z.output<typeof config>;

export const dyndns2 = defineProvider({
  id: "dyndns2",
  title: "dyndns2 (No-IP, Dyn, dynv6, deSEC, OVH DynHost and others)",
  docsUrl: "https://help.dyn.com/remote-access-api/",
  description:
    "The update protocol that most dynamic DNS services share. It can only write: what is published is read " +
    "from the zone's own name servers. Services ban clients that send updates without a change, so that none " +
    "is ever sent, and an account that was refused is left alone until its configuration or secret changes. " +
    "An update with an IPv4 address alone is reported to remove the AAAA record of a host at Dyn " +
    "(openwrt/packages issue 8360, 2019): keep such a name at another provider if it has both.",
  config,
  example: { service: "noip", username: "me", password: { env: "DYNDNS2_PASSWORD" } },
  capabilities: (config) => capabilitiesOf(serviceOf(config)),
  secrets: ({ password }) => [password],
  create(config, ports, secret) {
    const service = serviceOf(config);
    warnOfPlainHttp(ports.log, "dyndns2", new URL(service.url));
    return createDyndns2(service, secret(config.password), capabilitiesOf(service), ports);
  },
});

function serviceOf(config: Config): Service {
  const preset: Omit<Preset, "url"> & { readonly url?: string } = config.service
    ? presets[config.service]
    : plainPreset;
  return {
    ...preset,
    url: urlOf(config, preset.url),
    ipv6: config.ipv6 ? IPV6_FORMS[config.ipv6] : ipv6Of(config, preset),
    username: config.username,
  };
}

/** A server of the user's own choice is the only one that is talked to. */
function ipv6Of({ endpoint, server }: Config, { ipv6 }: Pick<Preset, "ipv6">): Ipv6Form {
  return (endpoint ?? server) !== undefined && ipv6.kind === "separate" ? { kind: "separate" } : ipv6;
}

function urlOf({ endpoint, server, path }: Config, known: string | undefined): string {
  const at = path ?? (known === undefined ? DEFAULT_PATH : new URL(known).pathname);
  if (endpoint) return endpoint.href.replace(/\/+$/, "") + at;
  if (server !== undefined) return `https://${server}${at}`;
  return known === undefined ? "" : new URL(at, known).href;
}

function capabilitiesOf({ title, ipv6, hosts, interval }: Service): Capabilities {
  return {
    granularity: "record-set",
    types: { A: "yes", AAAA: ipv6.kind === "no" ? { no: ipv6.reason } : "yes" },
    ttl: { no: "the protocol has no TTL: the service chooses it" },
    wildcard: { no: "the protocol names hosts; wildcards are switched on at the service" },
    apex: "yes",
    multipleValues: { no: "an update sets one address for each family" },
    read: { no: `${title} can only be told: the zone's own name servers are asked` },
    batch: hosts * 2,
    pacing: {
      requests: 10,
      per: milliseconds(10_000),
      source: `none is published for accounts; ${interval / 1000} s are kept between two updates of one host`,
    },
  };
}

function isPresetId(id: string): id is PresetId {
  return Object.hasOwn(presets, id);
}
