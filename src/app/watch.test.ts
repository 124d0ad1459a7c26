import { expect, it } from "vitest";
import { lookAtTokens } from "#app/watch.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const [MINUTE, HOUR] = [60_000, 3_600_000];

it("the end of a token is told once a stage, and looked for by the hour", async () => {
  const clock = new ManualClock();
  const tokenExpires = new Date(clock.date().getTime() + 8 * 24 * HOUR);
  const told: string[] = [];
  const stop = new AbortController();
  const chronicle = { tell: ({ title }: { readonly title: string }) => void told.push(title) };
  const company = { speaks: () => true };
  const looking = lookAtTokens([{ name: "home", tokenExpires }], { chronicle, clock, company }, stop.signal);
  await clock.advance(20 * HOUR);
  expect(told).toHaveLength(1);
  await clock.advance(6 * HOUR);
  expect(told).toHaveLength(2);
  stop.abort();
  await looking;
});

it("the end of a token is told once it is for this process to tell it", async () => {
  const clock = new ManualClock();
  const tokenExpires = new Date(clock.date().getTime() + 6.5 * 24 * HOUR);
  const told: string[] = [];
  const stop = new AbortController();
  const chronicle = { tell: ({ title }: { readonly title: string }) => void told.push(title) };
  let isLeading = false;
  const company = { speaks: () => isLeading };
  const accounts = [{ name: "home", tokenExpires }];
  const looking = lookAtTokens(accounts, { chronicle, clock, company }, stop.signal);
  await clock.advance(HOUR);
  expect(told).toEqual([]);
  isLeading = true;
  await clock.advance(MINUTE);
  expect(told).toHaveLength(1);
  isLeading = false;
  await clock.advance(HOUR);
  isLeading = true;
  await clock.advance(2 * HOUR);
  expect(told).toHaveLength(1);
  stop.abort();
  await looking;
});
