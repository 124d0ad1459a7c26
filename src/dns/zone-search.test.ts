import { describe, expect, it } from "vitest";
import { type DomainName, parseDomainName } from "#core/name.ts";
import { findZone } from "#dns/zone-search.ts";
import { type Message, queryMessage } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const NAME = parseDomainName("a.b.example.org");

function record(name: string, type: number): ResourceRecord {
  const data = { kind: "raw", bytes: new Uint8Array(1) } as const;
  return { name, type, class: CLASS.IN, ttl: 60, data };
}

interface Said {
  readonly aa?: boolean;
  readonly rcode?: number;
  readonly answers?: readonly ResourceRecord[];
  readonly authorities?: readonly ResourceRecord[];
}

/** Answers by the name that is asked for; REFUSED for all others. */
function server(answers: Readonly<Record<string, Said>>) {
  const asked: string[] = [];
  const ask = async (name: DomainName): Promise<Message> => {
    asked.push(name);
    const query = queryMessage({ name, type: TYPE.SOA }, { id: 1, rd: false });
    const { aa = true, rcode = RCODE.NOERROR, ...sections } = answers[name] ?? { rcode: RCODE.REFUSED };
    return { ...query, ...sections, header: { ...query.header, qr: true, aa, rcode } };
  };
  return { ask, asked };
}

describe("the zone of a name", () => {
  it("is known from the first answer, which denies SOA in the zone's name", async () => {
    const { ask, asked } = server({
      [NAME]: { rcode: RCODE.NXDOMAIN, authorities: [record("Example.ORG", TYPE.SOA)] },
    });
    expect(await findZone(NAME, ask, "authority")).toBe("example.org");
    expect(asked).toEqual([NAME]);
  });

  it("may be the name itself", async () => {
    const { ask } = server({ [NAME]: { answers: [record(NAME, TYPE.SOA)] } });
    expect(await findZone(NAME, ask, "authority")).toBe(NAME);
  });

  it("is looked for upwards while the server refuses", async () => {
    const { ask, asked } = server({ "example.org": { answers: [record("example.org", TYPE.SOA)] } });
    expect(await findZone(NAME, ask, "authority")).toBe("example.org");
    expect(asked).toEqual([NAME, "b.example.org", "example.org"]);
  });

  it("of a wildcard is that of the name without it", async () => {
    const { ask, asked } = server({ "example.org": { answers: [record("example.org", TYPE.SOA)] } });
    expect(await findZone(parseDomainName("*.example.org"), ask, "authority")).toBe("example.org");
    expect(asked).toEqual(["example.org"]);
  });

  it("is none when all is refused, or the SOA is of a zone aside", async () => {
    expect(await findZone(NAME, server({}).ask, "authority")).toBeUndefined();
    const aside = { authorities: [record("example.com", TYPE.SOA)] };
    expect(await findZone(NAME, server({ [NAME]: aside }).ask, "resolver")).toBeUndefined();
  });

  it("is not the zone above when the server says that others hold it", async () => {
    const referral = { aa: false, authorities: [record("b.example.org", TYPE.NS)] };
    const above = { answers: [record("example.org", TYPE.SOA)] };
    const { ask } = server({ [NAME]: referral, "b.example.org": referral, "example.org": above });
    expect(await findZone(NAME, ask, "authority")).toBeUndefined();
  });

  it("counts from a resolver without AA, and from an authority only with it", async () => {
    const cached = { aa: false, answers: [record("example.org", TYPE.SOA)] };
    expect(await findZone(NAME, server({ "example.org": cached }).ask, "resolver")).toBe("example.org");
    expect(await findZone(NAME, server({ "example.org": cached }).ask, "authority")).toBeUndefined();
  });
});
