import { describe, expect, it } from "vitest";
import { parseIni } from "#config/dns-ini/ini.ts";

function values(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...parseIni(text).sections].map(([name, { entries }]) => [
      name,
      Object.fromEntries([...entries].map(([key, { value }]) => [key, value])),
    ]),
  );
}

describe("an INI file", () => {
  it.each<[string, string, Record<string, Record<string, string>>]>([
    ["= and :", "[s]\na = 1\nb: 2\nc=3\nd:4\n", { s: { a: "1", b: "2", c: "3", d: "4" } }],
    [
      "the first of the two",
      "[s]\nurl = http://h:1/?a=b\nb: x=y\n",
      { s: { url: "http://h:1/?a=b", b: "x=y" } },
    ],
    ["keys in any case", "[s]\nFoo_Bar = X\n", { s: { foo_bar: "X" } }],
    ["sections in their own case", "[s]\na=1\n[S]\na=2\n", { s: { a: "1" }, S: { a: "2" } }],
    ["comments of whole lines", "# one\n[s]\n; two\na = 1 # three\n  # four\n", { s: { a: "1 # three" } }],
    [
      "values on deeper lines",
      '[s]\na = {\n  "b": [\n    1]}\nc = 2\n',
      { s: { a: '{\n"b": [\n1]}', c: "2" } },
    ],
    ["empty lines within a value", "[s]\na = 1\n\n  2\n\n\nb = 3\n", { s: { a: "1\n\n2", b: "3" } }],
    ["comments within a value", "[s]\na = 1\n  # no\n  2\n", { s: { a: "1\n2" } }],
    ["a header that is deeper than a key", "[s]\na = 1\n  [t]\n", { s: { a: "1\n[t]" } }],
    ["empty values", "[s]\na =\nb:\n", { s: { a: "", b: "" } }],
    ["other systems' lines", "\uFEFF[s]\r\na = 1\r\nb = 2\r", { s: { a: "1", b: "2" } }],
    [
      "defaults for every section",
      "[DEFAULT]\na = 1\nb = 2\n[s]\nb = 3\n[t]\n",
      { s: { a: "1", b: "3" }, t: { a: "1", b: "2" } },
    ],
    ["percent signs", "[s]\na = 100%\nb = 100%%\nc = %(a)s\n", { s: { a: "100%", b: "100%", c: "%(a)s" } }],
    ["words after a header", "[s] ; remark\na = 1\n", { s: { a: "1" } }],
    [
      "JavaScript's own names",
      "[__proto__]\n__proto__ = 1\nconstructor = 2\n",
      { ["__proto__"]: { ["__proto__"]: "1", constructor: "2" } },
    ],
    ["nothing", "", {}],
  ])("has %s", (_, text, expected) => {
    expect(values(text)).toEqual(expected);
    expect(parseIni(text).problems).toEqual([]);
  });

  it.each([
    ["a = 1\n[s]\n", 1, "before the first [section]"],
    ["[s]\nnonsense\n", 2, "neither [section] nor `key = value`"],
    ["[s]\n= 1\n", 2, "neither [section] nor `key = value`"],
    ["[s]\na = 1\nA = 2\n", 3, '"a" twice'],
    ["[s]\n[t]\n[s]\n", 3, "[s] twice"],
  ])("%j is wrong in line %d", (text, line, words) => {
    const { problems } = parseIni(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line, message: expect.stringContaining(words) });
  });

  it("knows the place of every value", () => {
    const entry = parseIni("[s]\n\n  a = 1\n").sections.get("s")?.entries.get("a");
    expect(entry).toMatchObject({ section: "s", line: 3, column: 3 });
  });
});
