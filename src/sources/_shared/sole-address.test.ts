import { describe, expect, it } from "vitest";
import { excerpt } from "#sources/_shared/excerpt.ts";
import { soleAddress } from "#sources/_shared/sole-address.ts";

describe("a text that consists of one address", () => {
  it.each(["1.2.3.4", "1.2.3.4\n", "\r\n\t 1.2.3.4 \v\f", "2001:db8::1\n"])("%j does", (text) => {
    expect(soleAddress(text)?.text).toBe(text.trim());
  });

  it.each([
    "",
    " ",
    "1.2.3.4 1.2.3.4",
    "1.2.3.4,",
    "ip=1.2.3.4",
    "1.2.3.4:80",
    "1.2.3.4/32",
    "01.2.3.4",
    "1.2.3",
    "16843009",
    "\u00a01.2.3.4",
    "\ufeff1.2.3.4",
    "1.2.3.4\0",
    "fe80::1%eth0",
    "[2001:db8::1]",
  ])("%j does not", (text) => {
    expect(soleAddress(text)).toBeUndefined();
  });

  it("is read in time that grows with its length alone", () => {
    const start = performance.now();
    expect(soleAddress(`${" ".repeat(1_000_000)}x`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("an excerpt", () => {
  it.each([
    ["hello", '"hello"'],
    ["two\nlines\t here ", '"two lines here"'],
    ["\u001b[31mred\u0007", '".[31mred."'],
    ["x".repeat(60), `"${"x".repeat(60)}"`],
    ["x".repeat(61), `"${"x".repeat(60)}…"`],
    ["", "nothing"],
    [" \n", "nothing"],
  ])("of %j is %s", (text, expected) => {
    expect(excerpt(text)).toBe(expected);
  });
});
