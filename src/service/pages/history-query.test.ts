import { describe, expect, it } from "vitest";
import { historyHref, readChoice } from "#service/pages/history-query.ts";

const choice = (query: string) => readChoice(new URLSearchParams(query));

describe("what the history is asked for", () => {
  it("is the last 24 hours of every record when nothing is said", () => {
    expect(choice("")).toMatchObject({ span: { key: "24h" }, record: undefined, before: undefined });
  });

  it("reads span, record and where to go on", () => {
    const asked = choice("span=7d&record=Home.example.org/A&before=42");
    expect(asked).toMatchObject({ span: { key: "7d" }, record: "home.example.org/A", before: 42 });
  });

  it.each([
    "span=1y",
    "record=home.example.org",
    "record=home.example.org/TXT",
    "record=../A",
    "before=-1",
    "before=1e9",
  ])("takes %s for not asked", (query) => {
    expect(choice(query)).toEqual(choice(""));
  });

  it("comes back as the address that it was read from", () => {
    const query = "span=30d&record=*.lab.example.net/AAAA&before=7";
    expect(choice(historyHref(choice(query)).replace("/history?", ""))).toEqual(choice(query));
    expect(historyHref(choice(""))).toBe("/history");
  });
});
