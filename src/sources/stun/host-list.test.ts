import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WitnessError } from "#core/errors.ts";
import { parseHostList } from "#sources/stun/host-list.ts";
import { formatHostPort } from "#sources/stun/server.ts";

describe("a public list", () => {
  it("holds names and addresses with ports", () => {
    const text = "stun.example.net:3478\r\n\n192.0.2.1:443\n  \n[2001:DB8::1]:3478\nStun.Example.org:19302";
    expect(parseHostList(text).map((listed) => formatHostPort(listed))).toEqual([
      "stun.example.net:3478",
      "192.0.2.1:443",
      "[2001:db8::1]:3478",
      "stun.example.org:19302",
    ]);
  });

  it("counts a server once that is listed twice", () => {
    expect(parseHostList("a.example:1\nA.example:1\na.example:2\n")).toHaveLength(2);
  });

  it.each([
    "<!DOCTYPE html>",
    "404: Not Found",
    "stun.example.net",
    "stun.example.net:",
    "stun.example.net:0",
    "stun.example.net:03478",
    "stun.example.net:65536",
    "stun.example.net:3478 # comment",
    " stun.example.net:3478",
    "stun:stun.example.net:3478",
    "2001:db8::1:3478",
    "[192.0.2.1]:3478",
    "[2001:db8::1]",
    "[fe80::1%eth0]:3478",
    "192.0.2.256:3478",
    "a..b:3478",
    "bücher.example:3478",
  ])("is refused as a whole for the line %j", (line) => {
    expect(() => parseHostList(`good.example:3478\n${line}\nother.example:3478\n`)).toThrow(WitnessError);
    expect(() => parseHostList(`good.example:3478\n${line}`)).toThrow(/line 2/);
  });

  it.each(["", "\n\n", " \r\n"])("is refused when it is empty (%j)", (text) => {
    expect(() => parseHostList(text)).toThrow(/it is empty/);
  });

  it("puts only a short, quoted part of a bad line into its error", () => {
    const line = `\u001B[31m${"x".repeat(10_000)}`;
    const error = (() => {
      try {
        return parseHostList(line);
      } catch (caught: unknown) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(WitnessError);
    expect(String(error)).not.toContain("\u001B");
    expect(String(error).length).toBeLessThan(200);
  });

  it("of any text is hosts or a WitnessError", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("a", ".", ":", "1", "[", "]", "\n") })),
        (text) => {
          try {
            expect(parseHostList(text).length).toBeGreaterThan(0);
          } catch (error: unknown) {
            expect(error).toBeInstanceOf(WitnessError);
          }
        },
      ),
    );
  });
});
