import { describe, expect, it } from "vitest";
import {
  CancelledError,
  ConfigError,
  describeError,
  EsddnsError,
  ProviderError,
  TransportError,
  WireError,
  WitnessError,
} from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";

const transport = { code: "refused", peer: "192.0.2.1:53", phase: "unsent" } as const;

describe("the errors of esddns", () => {
  it.each<[string, EsddnsError, string, unknown]>([
    ["ConfigError", new ConfigError("Cannot use it", []), "config", "never"],
    ["WireError", new WireError("ID", 0, "2 bytes, expected 12"), "wire", "next-round"],
    ["TransportError", new TransportError("Cannot reach it", transport), "refused", "next-round"],
    [
      "WitnessError",
      new WitnessError("Cannot read it", { code: "http-status" }),
      "http-status",
      "next-round",
    ],
    ["ProviderError", new ProviderError("Cannot write it", { code: "conflict" }), "conflict", "next-round"],
    ["CancelledError", new CancelledError(), "cancelled", "next-round"],
  ])("%s: has its name, its code and when to try again", (name, error, code, retry) => {
    expect(error).toBeInstanceOf(EsddnsError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(error.retry).toEqual(retry);
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });

  it("carry the retry that was given", () => {
    const retry = { after: milliseconds(5000) };
    expect(new ProviderError("Cannot write it", { code: "rate", status: 429, retry })).toMatchObject({
      retry,
      status: 429,
    });
    expect(new WireError("ID", 0, "no", { retry: "never" }).retry).toBe("never");
  });

  it("carry what they were caused by, and nothing when there was nothing", () => {
    const cause = new Error("below");
    expect(new TransportError("Cannot reach it", { ...transport, cause }).cause).toBe(cause);
    expect("cause" in new TransportError("Cannot reach it", transport)).toBe(false);
  });

  it("of the wire name the field and the byte", () => {
    const error = new WireError("Message Length", 2, "7, expected a multiple of 4");
    expect(error.message).toBe("Cannot read Message Length at byte 2: 7, expected a multiple of 4");
    expect(error).toMatchObject({ field: "Message Length", offset: 2 });
  });

  it("of the transport say whom it was about, and whether anything was sent", () => {
    expect(new TransportError("Cannot reach it", transport)).toMatchObject({
      peer: "192.0.2.1:53",
      phase: "unsent",
    });
  });

  it("of the configuration carry every problem", () => {
    const problems = [
      { path: "records.0.ttl", message: "too small" },
      { path: "", message: "no providers" },
    ];
    expect(new ConfigError("Cannot use esddns.yaml", problems).problems).toEqual(problems);
  });
});

describe("describeError", () => {
  it.each([
    [
      "an error of ours with its hint",
      new ProviderError("Cannot sign in", { code: "auth", hint: "check the token" }),
      "Cannot sign in (check the token)",
    ],
    ["an error of ours without one", new CancelledError(), "Cancelled"],
    ["any other error", new TypeError("x is undefined"), "x is undefined"],
    ["a thrown text", "out of luck", "out of luck"],
    ["nothing at all", undefined, "undefined"],
  ])("shows %s", (_, error, words) => {
    expect(describeError(error)).toBe(words);
  });
});
