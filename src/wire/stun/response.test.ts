import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { ATTRIBUTE_TYPES, type Attribute } from "#wire/stun/attribute.ts";
import { encodeErrorCode } from "#wire/stun/error-code.ts";
import { encodeMappedAddress } from "#wire/stun/mapped-address.ts";
import { encodeMessage, type Message } from "#wire/stun/message.ts";
import { type BindingResponse, interpretBindingResponse } from "#wire/stun/response.ts";
import { encodeUnknownAttributes } from "#wire/stun/unknown-attributes.ts";
import { encodeXorMappedAddress } from "#wire/stun/xor-mapped-address.ts";
import {
  SAMPLE_IPV4_RESPONSE,
  SAMPLE_IPV6_RESPONSE,
  SAMPLE_REQUEST,
  SAMPLE_TRANSACTION_ID as ID,
} from "./testdata/rfc5769.ts";

const PUBLIC = { address: parseAddress("44.128.10.77")!, port: 40_000 };
const OTHER = { address: parseAddress("10.0.0.2")!, port: 40_000 };
const XOR = encodeXorMappedAddress(PUBLIC, ID);
const MAPPED = encodeMappedAddress(PUBLIC);

function answer(attributes: readonly Attribute[], change: Partial<Message> = {}): BindingResponse {
  const message: Message = { method: 1, messageClass: "success", transactionId: ID, attributes, ...change };
  return interpretBindingResponse(encodeMessage(message), ID);
}

function addressOf(response: BindingResponse): string | undefined {
  return response.kind === "address" ? response.mapped.address.text : undefined;
}

describe("the answer to a Binding request", () => {
  it("is the address of RFC 5769 section 2.2", () => {
    const response = interpretBindingResponse(SAMPLE_IPV4_RESPONSE, ID);
    expect(response).toMatchObject({
      kind: "address",
      basis: "xor-mapped-address",
      contradiction: undefined,
    });
    expect(response).toMatchObject({ mapped: { address: { text: "192.0.2.1" }, port: 32853 } });
  });

  it("is the address of RFC 5769 section 2.3", () => {
    const response = interpretBindingResponse(SAMPLE_IPV6_RESPONSE, ID);
    expect(addressOf(response)).toBe("2001:db8:1234:5678:11:2233:4455:6677");
    expect(response).toMatchObject({ mapped: { port: 32853 } });
  });

  it.each([
    ["a request", SAMPLE_REQUEST, ID],
    [
      "another transaction",
      SAMPLE_IPV4_RESPONSE,
      Uint8Array.from(ID, (byte, index) => (index === 11 ? byte ^ 1 : byte)),
    ],
    ["no STUN", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"), ID],
    ["nothing", new Uint8Array(), ID],
  ])("is not %s", (_, bytes, id) => {
    expect(interpretBindingResponse(bytes, id).kind).toBe("discard");
  });

  it("is not an indication, nor a response of another method", () => {
    expect(answer([XOR], { messageClass: "indication" }).kind).toBe("discard");
    expect(answer([XOR], { messageClass: "request" }).kind).toBe("discard");
    expect(answer([XOR], { method: 3 }).kind).toBe("discard");
  });

  it.each([
    ["IPv4", SAMPLE_IPV4_RESPONSE],
    ["IPv6", SAMPLE_IPV6_RESPONSE],
  ])("over %s yields no other address when any one bit was flipped on the way", (_, sample) => {
    const honest = addressOf(interpretBindingResponse(sample, ID));
    for (let bit = 0; bit < sample.length * 8; bit += 1) {
      const flipped = sample.slice();
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      const response = interpretBindingResponse(flipped, ID);
      if (response.kind === "address") expect(addressOf(response)).toBe(honest);
    }
  });

  it("is dropped when any one bit was flipped and FINGERPRINT is still there", () => {
    // Bits of the last 8 bytes may turn FINGERPRINT into something else
    for (let bit = 0; bit < (SAMPLE_IPV4_RESPONSE.length - 8) * 8; bit += 1) {
      const isSoftwareOrAddressLength = [22, 23, 38, 39, 50, 51].includes(bit >> 3);
      if (isSoftwareOrAddressLength) continue;
      const flipped = SAMPLE_IPV4_RESPONSE.slice();
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(interpretBindingResponse(flipped, ID).kind).toBe("discard");
    }
  });

  it("is dropped when it is cut at any length", () => {
    for (let length = 0; length < SAMPLE_IPV6_RESPONSE.length; length += 1) {
      expect(interpretBindingResponse(SAMPLE_IPV6_RESPONSE.subarray(0, length), ID).kind).toBe("discard");
    }
  });

  it("may carry what servers of the age of RFC 3489 send", () => {
    const legacy = [0x0004, 0x0005].map((type) => ({ ...MAPPED, type }));
    expect(addressOf(answer([MAPPED, ...legacy, XOR]))).toBe("44.128.10.77");
  });

  it("is unusable with a required attribute that nobody knows, whatever else it says", () => {
    const unknown = { type: 0x7fff, value: new Uint8Array(4) };
    expect(answer([XOR, unknown, unknown])).toEqual({ kind: "uncomprehended", types: [0x7fff] });
    const error = encodeErrorCode({ code: 400, reason: "" });
    expect(answer([error, unknown], { messageClass: "error" }).kind).toBe("uncomprehended");
  });

  it("may carry any optional attribute", () => {
    expect(addressOf(answer([{ type: 0xc0ff, value: new Uint8Array(3) }, XOR]))).toBe("44.128.10.77");
  });

  it("counts from the first of two addresses", () => {
    expect(addressOf(answer([XOR, encodeXorMappedAddress(OTHER, ID)]))).toBe("44.128.10.77");
  });

  it("is read from the number that drafts gave to XOR-MAPPED-ADDRESS", () => {
    const legacy = { ...XOR, type: ATTRIBUTE_TYPES.LEGACY_XOR_MAPPED_ADDRESS };
    expect(answer([legacy])).toMatchObject({ kind: "address", basis: "legacy-xor-mapped-address" });
    expect(addressOf(answer([legacy]))).toBe("44.128.10.77");
  });

  it("falls back to MAPPED-ADDRESS and says so", () => {
    expect(answer([MAPPED])).toMatchObject({ kind: "address", basis: "mapped-address", mapped: PUBLIC });
    const alien = { ...XOR, value: Uint8Array.of(0, 9, 1, 2, 3, 4, 5, 6) };
    expect(answer([alien, MAPPED])).toMatchObject({ basis: "mapped-address" });
  });

  it("trusts XOR-MAPPED-ADDRESS over a MAPPED-ADDRESS that was rewritten on the path, and reports that", () => {
    const response = answer([encodeMappedAddress(OTHER), XOR]);
    expect(response).toMatchObject({ basis: "xor-mapped-address", mapped: PUBLIC, contradiction: OTHER });
    expect(answer([MAPPED, XOR])).toMatchObject({ contradiction: undefined });
  });

  it("without an address, or with one of an unknown family alone, is none", () => {
    expect(answer([]).kind).toBe("no-address");
    expect(answer([{ ...XOR, value: Uint8Array.of(0, 9, 1, 2) }]).kind).toBe("no-address");
  });

  it("does not count what follows MESSAGE-INTEGRITY", () => {
    const integrity = { type: ATTRIBUTE_TYPES.MESSAGE_INTEGRITY, value: new Uint8Array(20) };
    const unknown = { type: 0x7fff, value: new Uint8Array(4) };
    expect(answer([integrity, XOR]).kind).toBe("no-address");
    expect(addressOf(answer([XOR, integrity, unknown]))).toBe("44.128.10.77");
  });

  it("is the error that the server names, with the attributes it did not know", () => {
    const attributes = [
      encodeErrorCode({ code: 420, reason: "Unknown Attribute" }),
      encodeUnknownAttributes([0x7fff]),
    ];
    expect(answer(attributes, { messageClass: "error" })).toEqual({
      kind: "error",
      error: { code: 420, reason: "Unknown Attribute" },
      unknownAttributes: [0x7fff],
    });
  });

  it("of code 300 is an error like any other, wherever it points", () => {
    const alternate = { type: 0x8023, value: MAPPED.value };
    const redirect = [encodeErrorCode({ code: 300, reason: "Try Alternate" }), alternate];
    expect(answer(redirect, { messageClass: "error" })).toMatchObject({
      kind: "error",
      error: { code: 300 },
    });
  });

  it("of the class error never yields an address", () => {
    expect(answer([XOR], { messageClass: "error" }).kind).toBe("no-error-code");
  });

  it("can be any bytes without anything being thrown", () => {
    const attribute = fc.record({
      type: fc.oneof(
        fc.constantFrom(0x0001, 0x0008, 0x0009, 0x000a, 0x0020, 0x8020, 0x8028),
        fc.nat({ max: 0xffff }),
      ),
      value: fc.uint8Array({ maxLength: 24 }),
    });
    const built = fc
      .tuple(fc.array(attribute, { maxLength: 6 }), fc.constantFrom("success", "error"))
      .map(([attributes, messageClass]) =>
        encodeMessage({ method: 1, messageClass, transactionId: ID, attributes }),
      );
    fc.assert(
      fc.property(fc.oneof(built, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        expect(interpretBindingResponse(bytes, ID).kind).toBeTypeOf("string");
      }),
      { numRuns: 2000 },
    );
  });
});
