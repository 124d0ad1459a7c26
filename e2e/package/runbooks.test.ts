import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EVENT_REASONS } from "../../src/kubernetes/cluster/cluster-events.ts";
import { ALONE_WORDS } from "../../src/state/cluster.ts";
import { blocksOf, deadLinks } from "../kube/guide.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const FOLDER = "docs/runbooks";
const pages = readdirSync(path.join(root, FOLDER));
const read = (page: string) => readFileSync(path.join(root, FOLDER, page), "utf8");

/** Rows of the table with this head, without it. */
function rowsBelow(page: string, head: RegExp): readonly (readonly string[])[] {
  const lines = read(page).split("\n");
  const start = lines.findIndex((line) => head.test(line)) + 2;
  const end = lines.findIndex((line, index) => index >= start && !line.trim().startsWith("|"));
  return lines.slice(start, end).map((line) => line.split("|").map((cell) => cell.trim()));
}

const codeIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code);
const events = rowsBelow("README.md", /^\| Warning +\| Normal +\|/).map(
  ([, warnings = "", normal = "", see = ""]) => ({
    warnings: codeIn(warnings),
    normal: codeIn(normal),
    pages: [...see.matchAll(/\((\w+\.md)\)/g)].map(([, page = ""]) => page),
  }),
);

describe("the runbooks", () => {
  it.each(pages)("lead to what is there: %s", (page) => {
    expect(deadLinks(path.join(FOLDER, page))).toEqual([]);
  });

  it("have every reason of an Event in a table, as what it comes, and no other", () => {
    const ofType = (wanted: string) =>
      [...EVENT_REASONS].filter(([, { type }]) => type === wanted).map(([reason]) => reason);
    const sorted = (names: readonly string[]) => names.toSorted((a, b) => (a < b ? -1 : 1));
    expect(sorted(events.flatMap(({ warnings }) => warnings))).toEqual(sorted(ofType("Warning")));
    expect(sorted(events.flatMap(({ normal }) => normal))).toEqual(sorted(ofType("Normal")));
  });

  it("say on the page that the table leads to what its warnings are, and name no Event that there is not", () => {
    for (const { warnings, pages: leadTo } of events)
      for (const page of leadTo)
        expect(codeIn(read(page)), page).toEqual(expect.arrayContaining([...warnings]));
    for (const page of pages) {
      const named = codeIn(read(page)).filter((code) => /^(?:[A-Z][a-z]+){2,}$/.test(code));
      expect(named.filter((code) => !EVENT_REASONS.has(code) && !pages.includes(`${code}.md`))).toEqual([]);
    }
  });

  it("tell why a pod is on its own in the words of its log and its page", () => {
    const rows = rowsBelow("EsddnsAgentAlone.md", /^ *\| word +\| why +\|/);
    const told = rows.map(([, word = "", why = ""]) => [codeIn(word)[0], why]);
    expect(Object.fromEntries(told)).toEqual(ALONE_WORDS);
  });

  it("have commands of which each is run, or marked", () => {
    const commands = pages.flatMap((page) => blocksOf(path.join(FOLDER, page)));
    // By e2e/kube/runbooks.test.ts
    expect(commands.map(({ language, notRun }) => [language, notRun])).toEqual([
      ["sh", undefined],
      ["sh", undefined],
    ]);
  });
});
