import { expect, it } from "vitest";
import { expiryHappenings } from "#state/token-expiry.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const accounts = [{ name: "home", tokenExpires: new Date("2027-03-01T00:00:00Z") }, { name: "other" }];
const HOUR = 3_600_000;

it("a token that ends is told of 14, 7, 3 and 1 days before, and when it has ended", async () => {
  const clock = new ManualClock(new Date("2027-02-01T05:30:00Z"));
  const told: string[] = [];
  let since: Date | undefined;
  for (let hours = 0; hours < 40 * 24; hours += 1) {
    const now = clock.date();
    for (const { title } of expiryHappenings(accounts, { since, now })) {
      told.push(`${now.toISOString().slice(0, 10)} ${title}`);
    }
    since = now;
    await clock.advance(HOUR);
  }
  expect(told).toEqual([
    "2027-02-15 The token of home ends in 14 days, on 2027-03-01",
    "2027-02-22 The token of home ends in 7 days, on 2027-03-01",
    "2027-02-26 The token of home ends in 3 days, on 2027-03-01",
    "2027-02-28 The token of home ends in 1 day, on 2027-03-01",
    "2027-03-01 The token of home has ended, on 2027-03-01",
  ]);
});

it.each([
  ["2027-02-10T00:00:00Z", []],
  ["2027-02-20T12:00:00Z", ["The token of home ends in 9 days, on 2027-03-01"]],
  ["2027-08-01T00:00:00Z", ["The token of home has ended, on 2027-03-01"]],
])("at the start, on %s, the latest is told", (now, titles) => {
  const happenings = expiryHappenings(accounts, { since: undefined, now: new Date(now) });
  expect(happenings.map(({ title }) => title)).toEqual(titles);
});

it("a host that slept past several stages tells the last of them alone", () => {
  const happenings = expiryHappenings(accounts, {
    since: new Date("2027-02-01T00:00:00Z"),
    now: new Date("2027-02-27T00:00:00Z"),
  });
  expect(happenings).toMatchObject([{ kind: "token-expiring", provider: "home" }]);
});
