import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import { ATTRIBUTE_TYPES } from "#wire/stun/attribute.ts";
import { fingerprintOf } from "#wire/stun/fingerprint.ts";
import { decodeMessage, encodeBindingRequest, encodeMessage, type Message } from "#wire/stun/message.ts";
import type { MessageClass } from "#wire/stun/message-type.ts";
import {
  SAMPLE_IPV4_RESPONSE,
  SAMPLE_IPV6_RESPONSE,
  SAMPLE_LONG_TERM_REQUEST,
  SAMPLE_REQUEST,
  SAMPLE_TRANSACTION_ID,
} from "./testdata/rfc5769.ts";

const SAMPLES = [
  ["2.1", SAMPLE_REQUEST],
  ["2.2", SAMPLE_IPV4_RESPONSE],
  ["2.3", SAMPLE_IPV6_RESPONSE],
  ["2.4", SAMPLE_LONG_TERM_REQUEST],
] as const;

const CLASSES: readonly MessageClass[] = ["error", "indication", "request", "success"];

const anyMessage: fc.Arbitrary<Message> = fc.record({
  method: fc.nat({ max: 0xfff }),
  messageClass: fc.constantFrom(...CLASSES),
  transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  attributes: fc.array(
    fc.record({
      type: fc.nat({ max: 0xffff }).filter((type) => type !== ATTRIBUTE_TYPES.FINGERPRINT),
      value: fc.uint8Array({ maxLength: 40 }),
    }),
    { maxLength: 8 },
  ),
});

function withBytes(message: Uint8Array, offset: number, ...bytes: number[]): Uint8Array {
  const changed = message.slice();
  changed.set(bytes, offset);
  return changed;
}

describe("a Binding request", () => {
  it("is the bare header of 20 bytes", () => {
    const hex = Buffer.from(encodeBindingRequest(SAMPLE_TRANSACTION_ID)).toString("hex");
    expect(hex).toBe("000100002112a442b7e7a701bc34d686fa87dfae");
  });

  it("needs a transaction id of 12 bytes", () => {
    expect(() => encodeBindingRequest(new Uint8Array(11))).toThrow(RangeError);
    expect(() => encodeBindingRequest(new Uint8Array(16))).toThrow(RangeError);
  });
});

describe("a message", () => {
  it("is read as RFC 5769 section 2.1 prints it", () => {
    const message = decodeMessage(SAMPLE_REQUEST);
    expect(message.messageClass).toBe("request");
    expect(message.method).toBe(1);
    expect(message.attributes.map(({ type }) => type)).toEqual([
      0x8022, 0x0024, 0x8029, 0x0006, 0x0008, 0x8028,
    ]);
    expect(Buffer.from(message.attributes[3]!.value).toString()).toBe("evtj:h6vY");
  });

  it("is read with the padded Unicode name of RFC 5769 section 2.4", () => {
    const { attributes } = decodeMessage(SAMPLE_LONG_TERM_REQUEST);
    expect(attributes.map(({ type }) => type)).toEqual([0x0006, 0x0015, 0x0014, 0x0008]);
    expect(Buffer.from(attributes[0]!.value).toString()).toBe("マトリックス");
    expect(Buffer.from(attributes[2]!.value).toString()).toBe("example.org");
  });

  it.each(SAMPLES)("of RFC 5769 section %s is refused when cut at any length", (_, sample) => {
    for (let length = 0; length < sample.length; length += 1) {
      expect(() => decodeMessage(sample.subarray(0, length))).toThrow(WireError);
    }
  });

  it.each(SAMPLES)("of RFC 5769 section %s is refused when anything follows it", (_, sample) => {
    for (let extra = 1; extra <= 8; extra += 1) {
      expect(() => decodeMessage(Uint8Array.from([...sample, ...Array<number>(extra).fill(0)]))).toThrow(
        WireError,
      );
    }
  });

  it("is refused with a bit set above the type", () => {
    expect(() => decodeMessage(withBytes(SAMPLE_LONG_TERM_REQUEST, 0, 0x40))).toThrow(/top bits/);
    expect(() => decodeMessage(withBytes(SAMPLE_LONG_TERM_REQUEST, 0, 0x80))).toThrow(/top bits/);
  });

  it("is refused with a length that is not a multiple of 4", () => {
    const message = Uint8Array.from([...encodeBindingRequest(SAMPLE_TRANSACTION_ID), 0, 0]);
    expect(() => decodeMessage(withBytes(message, 3, 2))).toThrow(/multiple of 4/);
  });

  it("is refused with another cookie", () => {
    expect(() => decodeMessage(withBytes(SAMPLE_LONG_TERM_REQUEST, 7, 0x43))).toThrow(/magic cookie/);
  });

  it("is refused when an attribute is longer than the rest", () => {
    const message = encodeMessage({
      method: 1,
      messageClass: "success",
      transactionId: SAMPLE_TRANSACTION_ID,
      attributes: [{ type: 0x8022, value: Uint8Array.of(1, 2, 3, 4) }],
    });
    expect(decodeMessage(message).attributes).toHaveLength(1);
    expect(() => decodeMessage(withBytes(message, 23, 5))).toThrow(/attribute value/);
  });

  it("is refused when the padding of its last attribute is missing", () => {
    const bare = [...encodeBindingRequest(SAMPLE_TRANSACTION_ID)];
    const message = Uint8Array.from([...bare, 0x80, 0x22, 0, 3, 1, 2, 3]);
    expect(() => decodeMessage(withBytes(message, 3, 7))).toThrow(WireError);
  });

  it("is refused when FINGERPRINT is wrong, short, or not the last", () => {
    const sealed = encodeMessage(decodeMessage(SAMPLE_LONG_TERM_REQUEST), { fingerprint: true });
    expect(decodeMessage(sealed).attributes).toHaveLength(5);
    expect(() => decodeMessage(withBytes(sealed, sealed.length - 1, sealed.at(-1)! ^ 1))).toThrow(
      /FINGERPRINT/,
    );
    const empty = { type: ATTRIBUTE_TYPES.FINGERPRINT, value: new Uint8Array() };
    const after = { type: 0x8022, value: new Uint8Array() };
    for (const attributes of [[empty], [...decodeMessage(sealed).attributes, after]]) {
      expect(() => decodeMessage(encodeMessage({ ...decodeMessage(sealed), attributes }))).toThrow(
        /FINGERPRINT/,
      );
    }
  });

  it("is refused when anything follows a FINGERPRINT that is right", () => {
    const fingerprint = { type: ATTRIBUTE_TYPES.FINGERPRINT, value: new Uint8Array(4) };
    const after = { type: 0x8022, value: new Uint8Array(4) };
    const message = { method: 1, messageClass: "success", transactionId: SAMPLE_TRANSACTION_ID } as const;
    const bytes = encodeMessage({ ...message, attributes: [fingerprint, after] });
    new DataView(bytes.buffer).setUint32(24, fingerprintOf(bytes.subarray(0, 20)));
    expect(() => decodeMessage(bytes)).toThrow(/expected it to be the last/);
  });

  it("comes back from the wire as it was, with and without FINGERPRINT", () => {
    fc.assert(
      fc.property(anyMessage, fc.boolean(), (message, fingerprint) => {
        const decoded = decodeMessage(encodeMessage(message, { fingerprint }));
        const attributes = decoded.attributes.map(({ type, value }) => ({ type, value }));
        if (fingerprint) expect(attributes.pop()?.type).toBe(ATTRIBUTE_TYPES.FINGERPRINT);
        expect({ ...decoded, attributes }).toEqual(message);
      }),
    );
  });

  it("is always padded with zeros", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (value) => {
        const attributes = [{ type: 0x8022, value }];
        const transactionId = SAMPLE_TRANSACTION_ID;
        const bytes = encodeMessage({ method: 1, messageClass: "success", transactionId, attributes });
        expect(bytes.length % 4).toBe(0);
        expect(bytes.subarray(24 + value.length).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it("of random bytes is a message or a WireError, never anything else", () => {
    const header = fc
      .tuple(fc.nat({ max: 0x3fff }), fc.uint8Array({ maxLength: 200 }))
      .map(([type, body]) =>
        Uint8Array.from([
          type >> 8,
          type & 0xff,
          0,
          body.length,
          0x21,
          0x12,
          0xa4,
          0x42,
          ...Array<number>(12).fill(7),
          ...body,
        ]),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), header), (bytes) => {
        try {
          expect(decodeMessage(bytes).transactionId).toHaveLength(12);
        } catch (error: unknown) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
