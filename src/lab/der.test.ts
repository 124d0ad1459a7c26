import { describe, expect, it } from "vitest";
import {
  bitString,
  boolean,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  time,
  utf8String,
} from "#lab/der.ts";

describe("DER", () => {
  it.each([
    [[0], "020100"],
    [[0x7f], "02017f"],
    [[0x80], "02020080"],
    [[0x00, 0x00, 0x01], "020101"],
    [[0x00, 0xff], "020200ff"],
    [[], "020100"],
  ])("writes the positive number of bytes %j as %s", (bytes, expected) => {
    expect(hex(integer(Uint8Array.from(bytes)))).toBe(expected);
  });

  it.each([
    ["2.5.29.17", "0603551d11"],
    ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
    ["1.3.6.1.5.5.7.3.1", "06082b06010505070301"],
  ])("writes the object identifier %s", (dotted, expected) => {
    expect(hex(objectIdentifier(dotted))).toBe(expected);
  });

  it.each([
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
    [65_536, "0483010000"],
  ])("writes the length %d in the shortest form", (length, expected) => {
    expect(hex(octetString(new Uint8Array(length)).subarray(0, expected.length / 2))).toBe(expected);
  });

  it("nests", () => {
    expect(hex(sequence(boolean(true), explicit(3, utf8String("é")), sequence()))).toBe(
      "300b0101ffa3040c02c3a93000",
    );
    expect(hex(bitString(Uint8Array.of(0x80), 7))).toBe("03020780");
  });

  it("writes two digits of the year until 2049 and four from then on", () => {
    const text = (date: string) => Buffer.from(time(new Date(date))).toString("latin1");
    expect(text("2049-12-31T23:59:59.999Z")).toBe("\x17\x0d491231235959Z");
    expect(text("2050-01-01T00:00:00Z")).toBe("\x18\x0f20500101000000Z");
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
