import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { collect } from "#testing/collect.ts";
import { readLines, readText } from "#kubernetes/api/answer-body.ts";

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, edge] of edges.slice(1).entries()) yield bytes.subarray(edges[index], edge);
}

describe("the lines of a watch", () => {
  it("are the same wherever the network cuts them, within a character, too", async () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        expect(await collect(readLines(pieces(bytes, cuts), 10_000))).toEqual(lines);
      }),
    );
  });

  it("do not end in the middle of one", async () => {
    const lines = readLines(pieces(Buffer.from('{"a":1}\n{"b"'), [3]), 100);
    expect(await lines.next()).toMatchObject({ value: '{"a":1}' });
    await expect(lines.next()).rejects.toMatchObject({ code: "truncated" });
  });

  it("have an upper limit, with or without an end", async () => {
    const long = Buffer.from("x".repeat(11));
    const endless = collect(readLines(pieces(long, [5]), 10));
    const ended = collect(readLines(pieces(Buffer.concat([long, Buffer.from("\n")]), []), 10));
    await expect(endless).rejects.toMatchObject({ code: "too-large" });
    await expect(ended).rejects.toMatchObject({ code: "too-large" });
  });
});

it("an answer has an upper limit", async () => {
  expect(await readText(pieces(Buffer.from("0123456789"), [4]), 10)).toBe("0123456789");
  await expect(readText(pieces(Buffer.from("0123456789"), [4]), 9)).rejects.toMatchObject({
    code: "too-large",
  });
});
