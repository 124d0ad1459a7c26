import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import { decodeMappedAddress, encodeMappedAddress } from "#wire/stun/mapped-address.ts";
import { decodeXorMappedAddress, encodeXorMappedAddress } from "#wire/stun/xor-mapped-address.ts";
import { SAMPLE_TRANSACTION_ID } from "./testdata/rfc5769.ts";

const anyMapped = fc.record({
  address: fc
    .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
    .map((bytes) => addressFromBytes(bytes)),
  port: fc.nat({ max: 0xffff }),
});

describe("XOR-MAPPED-ADDRESS", () => {
  it("hides 192.0.2.1:32853 as RFC 5769 section 2.2 prints it", () => {
    const mapped = { address: parseAddress("192.0.2.1")!, port: 32853 };
    const { value } = encodeXorMappedAddress(mapped, SAMPLE_TRANSACTION_ID);
    expect(Buffer.from(value).toString("hex")).toBe("0001a147e112a643");
  });

  it("comes back from the wire as it was", () => {
    fc.assert(
      fc.property(anyMapped, fc.uint8Array({ minLength: 12, maxLength: 12 }), (mapped, transactionId) => {
        const { value } = encodeXorMappedAddress(mapped, transactionId);
        expect(decodeXorMappedAddress(value, transactionId)).toEqual(mapped);
      }),
    );
  });

  it("ignores its first byte", () => {
    const value = Uint8Array.from(Buffer.from("ff01a147e112a643", "hex"));
    expect(decodeXorMappedAddress(value, SAMPLE_TRANSACTION_ID)?.address.text).toBe("192.0.2.1");
  });

  it("of an unknown family is no address", () => {
    const value = Uint8Array.from(Buffer.from("0003a147e112a643", "hex"));
    expect(decodeXorMappedAddress(value, SAMPLE_TRANSACTION_ID)).toBeUndefined();
  });

  it.each(["", "00", "0001", "0001a1", "0001a147e112a6", "0001a147e112a64300", "0002a147e112a643"])(
    "of the bytes %j is refused",
    (hex) => {
      const value = Uint8Array.from(Buffer.from(hex, "hex"));
      expect(() => decodeXorMappedAddress(value, SAMPLE_TRANSACTION_ID)).toThrow(WireError);
    },
  );
});

describe("MAPPED-ADDRESS", () => {
  it("comes back from the wire as it was", () => {
    fc.assert(
      fc.property(anyMapped, (mapped) => {
        expect(decodeMappedAddress(encodeMappedAddress(mapped).value)).toEqual(mapped);
      }),
    );
  });
});
