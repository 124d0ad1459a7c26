import type { RecordSet } from "#core/record.ts";
import { lowerCaseName, sameName } from "#wire/dns/name.ts";
import type { SoaData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

export interface DnsZoneOptions {
  readonly name: string;
  readonly sets?: readonly RecordSet[] | undefined;
  /** Whatever else is in it, e.g. aliases. */
  readonly records?: readonly ResourceRecord[] | undefined;
  /** Its name servers; `ns1` within the zone unless given. */
  readonly nameServers?: readonly string[] | undefined;
  /** Whether wildcards stand for names that are not there, as with every real server; else they are plain names. */
  readonly hasWildcards?: boolean | undefined;
}

const TTL = 300;

/** A zone in memory. Its SOA counts up with every change. */
export class DnsZone {
  readonly name: string;
  readonly #hasWildcards: boolean;
  #records: readonly ResourceRecord[];

  constructor(options: DnsZoneOptions) {
    this.name = lowerCaseName(options.name);
    this.#hasWildcards = options.hasWildcards ?? false;
    const servers = options.nameServers ?? [`ns1.${this.name}`];
    const [primary = this.name] = servers;
    const soa = { mname: primary, rname: `hostmaster.${this.name}`, serial: 1, refresh: 3600 };
    const times = { retry: 600, expire: 86_400, minimum: 60 };
    this.#records = [
      this.#apexRecord(TYPE.SOA, { kind: "soa", soa: { ...soa, ...times } }),
      ...servers.map((host) => this.#apexRecord(TYPE.NS, { kind: "host", host })),
      ...(options.sets ?? []).flatMap(recordsOf),
      ...(options.records ?? []),
    ];
  }

  get records(): readonly ResourceRecord[] {
    return this.#records;
  }

  get soa(): ResourceRecord & { readonly data: { readonly kind: "soa"; readonly soa: SoaData } } {
    const record = this.#records.find(({ data }) => data.kind === "soa");
    if (record?.data.kind !== "soa") throw new TypeError("a zone without SOA");
    return { ...record, data: record.data };
  }

  holds(name: string): boolean {
    return sameName(name, this.name) || lowerCaseName(name).endsWith(`.${this.name}`);
  }

  /** Whether there is the name itself, or any below it. */
  hasName(name: string): boolean {
    const suffix = `.${lowerCaseName(name)}`;
    return this.#records.some(
      (record) => sameName(record.name, name) || lowerCaseName(record.name).endsWith(suffix),
    );
  }

  /**
   * The name itself, or the wildcard that stands for it: right below the nearest name above it that is there
   * (RFC 4592 section 3.3.1).
   */
  ownerOf(name: string): string {
    if (!this.#hasWildcards || this.hasName(name)) return name;
    let above = name;
    while (!this.hasName(above) && above.includes(".")) above = above.slice(above.indexOf(".") + 1);
    return this.hasName(`*.${above}`) ? `*.${above}` : name;
  }

  find(name: string, type: number): readonly ResourceRecord[] {
    return this.#records.filter(
      (record) => sameName(record.name, name) && (type === TYPE.ANY || record.type === type),
    );
  }

  /** Takes a new content; the serial goes up by one (RFC 1982 wraps it). */
  replace(records: readonly ResourceRecord[]): void {
    const { soa } = this.soa.data;
    const next = { kind: "soa", soa: { ...soa, serial: (soa.serial + 1) % 2 ** 32 } } as const;
    this.#records = records.map((record) => (record.type === TYPE.SOA ? { ...record, data: next } : record));
  }

  #apexRecord(type: number, data: ResourceRecord["data"]): ResourceRecord {
    return { name: this.name, type, class: CLASS.IN, ttl: TTL, data };
  }
}

export function recordsOf({ name, type, ttl, values }: RecordSet): readonly ResourceRecord[] {
  return values.map((address) => ({
    name,
    type: TYPE[type],
    class: CLASS.IN,
    ttl: ttl ?? TTL,
    data: { kind: "address", address },
  }));
}
