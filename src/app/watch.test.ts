import { expect, it } from "vitest";
import { lookAtTokens } from "#app/watch.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const HOUR = 3_600_000;

it("the end of a token is told once a stage, and looked for by the hour", async () => {
  const clock = new ManualClock();
  const tokenExpires = new Date(clock.date().getTime() + 8 * 24 * HOUR);
  const told: string[] = [];
  const stop = new AbortController();
  const chronicle = { tell: ({ title }: { readonly title: string }) => void told.push(title) };
  const looking = lookAtTokens([{ name: "home", tokenExpires }], { chronicle, clock }, stop.signal);
  await clock.advance(20 * HOUR);
  expect(told).toHaveLength(1);
  await clock.advance(6 * HOUR);
  expect(told).toHaveLength(2);
  stop.abort();
  await looking;
});
