import { describe, expect, it } from "vitest";
import { parseDomainName } from "#core/name.ts";
import { createZones, type Zone } from "#providers/_shared/zones.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const signal = new AbortController().signal;

function world(...names: readonly string[]) {
  const held = [...names];
  const clock = new ManualClock();
  let lists = 0;
  const zones = createZones("Vendor", clock, () => {
    lists += 1;
    return Promise.resolve(held.map((name): Zone => ({ name: parseDomainName(name), id: `#${name}` })));
  });
  const find = async (name: string) => {
    const parsed = parseDomainName(name);
    const zone = (await zones.find([parsed], signal))(parsed);
    return zone instanceof Error ? zone.message : zone.id;
  };
  return { held, clock, zones, find, lists: () => lists };
}

describe("the zones of an account", () => {
  it.each([
    ["home.example.org", "#example.org"],
    ["example.org", "#example.org"],
    ["a.lab.example.org", "#lab.example.org"],
    ["*.lab.example.org", "#lab.example.org"],
    ["lab.example.org", "#lab.example.org"],
  ])("has %s in %s, the longest suffix", async (name, id) => {
    expect(await world("example.org", "lab.example.org", "ample.org").find(name)).toBe(id);
  });

  it("does not take a name that only ends alike for one of the zone", async () => {
    expect(await world("example.org").find("home.anexample.org")).toContain("Cannot find the zone");
  });

  it("names what the account does hold, and not all of it", async () => {
    const { find } = world(...Array.from({ length: 9 }, (_, index) => `z${index}.test`));
    expect(await find("home.example.org")).toBe(
      'Cannot find the zone of "home.example.org": Vendor shows z0.test, z1.test, z2.test, z3.test, z4.test and 4 more to these credentials',
    );
  });

  it("lists once for many searches, again for an unknown name, after an hour and when told to", async () => {
    const { find, lists, held, clock, zones } = world("example.org");
    await find("a.example.org");
    await find("b.example.org");
    expect(lists()).toBe(1);

    held.push("new.test");
    expect(await find("a.new.test")).toBe("#new.test");
    expect(lists()).toBe(2);

    await clock.advance(3_600_000);
    await find("a.example.org");
    expect(lists()).toBe(3);

    zones.forget();
    await find("a.example.org");
    expect(lists()).toBe(4);
  });
});
