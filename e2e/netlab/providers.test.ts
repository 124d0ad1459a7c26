import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildHome, type Home, noHome } from "./home.ts";
import {
  NAME_SERVERS,
  type NameServers,
  OLD,
  serialAt,
  startNameServers,
  valuesAt,
  type ZoneHost,
} from "./name-servers.ts";
import { RecordWatch } from "./record-watch.ts";
import { Resident, tell, timeOf } from "./resident.ts";
import { settings } from "./settings.ts";

describe.skipIf(noHome(...NAME_SERVERS))("a home whose records are at", () => {
  let home: Home;
  let names: NameServers;
  beforeAll(async () => {
    home = buildHome();
    names = await startNameServers(home);
    home.delay(20);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  describe.each(["bind", "knot", "powerdns"] as const)("%s", (which) => {
    let host: ZoneHost;
    beforeAll(() => {
      host = names[which];
    });

    it("detects the address, from the agreement of independent operators", async () => {
      using resident = new Resident(home, settings(home, host, "home"));
      const { status, ipv4 } = await resident.report("detect");
      expect({ status, kind: ipv4?.kind, address: ipv4?.address }).toEqual({
        status: 0,
        kind: "known",
        address: home.wan,
      });
      expect(ipv4?.for.length).toBeGreaterThanOrEqual(2);
      tell(`detect, first round of a cold process, RTT 40 ms`, ipv4?.elapsedMs ?? Number.NaN);
    });

    it("plans the change without making it, makes it once, and verifies it at every name server", async () => {
      using resident = new Resident(home, settings(home, host, "home"));
      const serial = serialAt(home, host);
      const plan = await resident.report("plan", "--exit-code");
      expect(plan.status).toBe(5);
      expect(plan.records).toMatchObject([
        {
          decision: "change",
          before: { values: [OLD.address], ttl: OLD.ttl },
          after: { values: [home.wan] },
        },
      ]);
      expect(serialAt(home, host)).toBe(serial);

      const startedAt = performance.now();
      const sync = await resident.report("sync");
      tell(`sync at ${host.label}, a record to change, verified`, performance.now() - startedAt);
      expect(sync.status).toBe(0);
      expect(sync.outcomes).toMatchObject([{ kind: "applied", verification: "converged" }]);
      expect(valuesAt(home, host.address, `home.${host.zone}`)).toEqual([home.wan]);
      expect(home.onInternet("dig", "+noall", "+answer", `@${host.address}`, `home.${host.zone}`)).toMatch(
        new RegExp(`\\s${OLD.ttl}\\s+IN\\s+A\\s`),
      );

      const written = serialAt(home, host);
      const again = await resident.report("sync");
      expect({ status: again.status, outcomes: again.outcomes }).toEqual({ status: 0, outcomes: [] });
      expect((await resident.run("plan", "--exit-code")).status).toBe(0);
      expect(serialAt(home, host)).toBe(written);
    });
  });

  it("any of the three: the record follows the address, with the default schedule", async () => {
    const hosts = [names.bind, names.knot, names.powerdns];
    const address = "44.128.20.5";
    const follow = async (host: ZoneHost) => {
      using resident = new Resident(home, settings(home, host, "far", { schedule: {} }));
      await using daemon = await resident.daemon();
      await using watch = await RecordWatch.start(home, host, `far.${host.zone}`);
      expect(watch.seen).toEqual([home.wan]);
      const changedAt = await change;
      const rightAt = await watch.until(address, 20_000);
      const seen = await daemon.says("Probe: the address seems to have changed");
      const verified = await daemon.says("Every authoritative server has the record", {
        since: rightAt - 50,
      });
      tell(`${host.label}: change-wan to the record right, probing every 10 s`, rightAt - changedAt);
      tell(`${host.label}: from the answer to the probe to the record right`, rightAt - timeOf(seen));
      expect(rightAt - timeOf(seen)).toBeLessThan(1000);
      expect(verified["servers"]).toEqual(host.servers);
      expect(watch.seen).toEqual([home.wan, address]);
      const end = await daemon.child.stop();
      expect(end.status).toBe(0);
    };
    const { promise: change, resolve } = Promise.withResolvers<number>();
    const following = hosts.map(follow);
    setTimeout(() => resolve(home.changeWan(address)), 3000);
    await Promise.all(following);
  });
});
