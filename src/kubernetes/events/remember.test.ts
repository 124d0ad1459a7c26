import { expect, it } from "vitest";
import { remember } from "#kubernetes/events/remember.ts";

it("what was set longest ago is forgotten first", () => {
  const map = new Map<string, number>();
  for (const [key, value] of [
    ["a", 1],
    ["b", 2],
    ["a", 3],
    ["c", 4],
  ] as const)
    remember(map, key, value, 2);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});
