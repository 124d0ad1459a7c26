import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanWords } from "#providers/_shared/words.ts";

describe("cleanWords", () => {
  it("puts words on one line, without control characters", () => {
    expect(cleanWords("no\r\nsuch\u001b[31m\u0000  zone\u202e ", [])).toBe("no such [31m zone");
  });

  it("masks secrets in every spelling that may come back", () => {
    const secret = 'p"ss w/rd';
    const said = `${secret} ${encodeURIComponent(secret)} ${JSON.stringify(secret)}`;
    expect(cleanWords(said, [secret])).toBe('••• ••• "•••"');
  });

  it("says of a web page no more than its title", () => {
    expect(cleanWords("<html><head><title>502 Bad Gateway</title><body>x", [])).toBe(
      'an HTML page "502 Bad Gateway"',
    );
    expect(cleanWords("<!doctype html><p>", [])).toBe("an HTML page");
  });

  it("takes no time for pages made to take it", () => {
    const startedAt = performance.now();
    for (const page of ["<title".repeat(50_000), "<title>".repeat(50_000), `<${" ".repeat(500_000)}`])
      cleanWords(page, []);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it("is never long, and never has a secret in it, whatever was said", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 2000 });
    const secret = fc.string({ minLength: 6, maxLength: 40 }).filter((value) => !"•…".includes(value.trim()));
    fc.assert(
      fc.property(text, secret, text, (before, value, after) => {
        const words = cleanWords(before + value + after, [value]);
        expect(words.length).toBeLessThanOrEqual(300);
        if (value.trim() === value && !/\s/.test(value)) expect(words).not.toContain(value);
      }),
    );
  });
});
