import { FAMILIES, type Family, parseAddress } from "#core/address.ts";
import type { Operator } from "#core/witness.ts";
import { bareHost } from "#sources/_shared/bare-host.ts";

/** `address`: A when asked over IPv4, AAAA over IPv6. */
export const QUESTION_TYPES = ["A", "AAAA", "TXT", "address"] as const;

export type QuestionType = (typeof QUESTION_TYPES)[number];

/** A name that a server resolves to the address of whoever asks. */
export interface WhoamiService {
  readonly name: string;
  readonly type: QuestionType;
  readonly class: "CH" | "IN";
  readonly operator: Operator;
  /** The server holds the name itself: it is asked without recursion, and its answer has to say so. */
  readonly authoritative: boolean;
  readonly access:
    | { readonly transport: "udp"; readonly hosts: readonly string[]; readonly port: number }
    | {
        readonly transport: "tls";
        readonly hosts: readonly string[];
        readonly port: number;
        readonly serverName: string;
      }
    | { readonly transport: "https"; readonly url: URL };
}

/** The families whose transport the service has, as far as its type can tell them. */
export function familiesOf({ type, access }: WhoamiService): readonly Family[] {
  const told: readonly Family[] = type === "A" ? [4] : type === "AAAA" ? [6] : FAMILIES;
  const hosts = access.transport === "https" ? [bareHost(access.url)] : access.hosts;
  const literals = hosts.map((host) => parseAddress(host)?.family);
  return told.filter((family) => literals.some((literal) => literal === undefined || literal === family));
}

/** Unique as long as one operator is asked once by each transport; `whoamiIds` sees to the rest. */
function baseId({ operator, access }: WhoamiService): string {
  return `whoami:${operator}:${access.transport}`;
}

/** An id for each: `whoami:operator:transport`, and what tells them apart where that is the same. */
export function whoamiIds(services: readonly WhoamiService[]): readonly string[] {
  const bases = services.map(baseId);
  return services.map((service, index) => {
    const base = baseId(service);
    return bases.indexOf(base) === index ? base : `${base}:${describeService(service)}`;
  });
}

/** `TXT whoami.example at 192.0.2.1:53`: what is asked, and where. */
export function describeService(service: WhoamiService): string {
  const { access, type, name } = service;
  const where =
    access.transport === "https"
      ? `${access.url.origin}${access.url.pathname}`
      : access.hosts.map((host) => `${host}:${access.port}`).join(",");
  return `${type}:${name}@${where}`;
}
