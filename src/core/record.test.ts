import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { canonicalValues, familyOf, RECORD_TYPES, recordId, sameValues, typeOf } from "#core/record.ts";

const addresses = (...texts: string[]) => texts.map((text) => parseAddress(text)!);

describe("a record", () => {
  it("is named by its name and type", () => {
    const name = parseDomainName("Home.Example.org.");
    expect(recordId({ name, type: "A" })).toBe("home.example.org/A");
    expect(recordId({ name, type: "AAAA" })).toBe("home.example.org/AAAA");
  });

  it("has the type of its addresses' family", () => {
    expect([familyOf("A"), familyOf("AAAA")]).toEqual([4, 6]);
    expect(RECORD_TYPES.map((type) => typeOf(familyOf(type)))).toEqual(RECORD_TYPES);
  });
});

describe("the values of a set", () => {
  it("are sorted by number, each once", () => {
    const values = canonicalValues(addresses("10.0.0.1", "9.0.0.1", "10.0.0.1", "9.0.0.1"));
    expect(values.map(({ text }) => text)).toEqual(["9.0.0.1", "10.0.0.1"]);
  });

  it("do not depend on the order in which they came", () => {
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressFromBytes);
    const shuffled = fc
      .array(address, { maxLength: 6 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(sameValues(canonicalValues(list), canonicalValues(other))).toBe(true);
        expect(canonicalValues(canonicalValues(list))).toEqual(canonicalValues(list));
      }),
    );
  });

  it("differ by a value more, less or other", () => {
    const set = addresses("192.0.2.1", "192.0.2.2");
    expect(sameValues(set, addresses("192.0.2.1", "192.0.2.2"))).toBe(true);
    expect(sameValues(set, addresses("192.0.2.1"))).toBe(false);
    expect(sameValues(set, addresses("192.0.2.1", "192.0.2.2", "192.0.2.3"))).toBe(false);
    expect(sameValues(set, addresses("192.0.2.1", "192.0.2.3"))).toBe(false);
    expect(sameValues(set, [])).toBe(false);
  });
});
