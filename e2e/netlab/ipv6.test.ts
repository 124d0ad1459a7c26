import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { NAME_SERVERS, type NameServers, startNameServers } from "./name-servers.ts";
import { RecordWatch } from "./record-watch.ts";
import { Resident, tell } from "./resident.ts";
import { https, type Settings, settings, udp } from "./settings.ts";

const FIRST_PREFIX = "2a10:ed1:77";

describe.skipIf(noHome(...NAME_SERVERS))("a home with IPv6", () => {
  let home: Home;
  let names: NameServers;
  let prefix = FIRST_PREFIX;
  beforeAll(async () => {
    home = buildHome();
    names = await startNameServers(home);
    home.delay(20);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  /** Each operator over IPv4 and IPv6, and by a name that has both. */
  const bothFamilies = () => {
    const numbers = [1, 2, 3, 4, 5] as const;
    const six = numbers.map((number) => ({ host: `2a10:ed1:${100 + number}::1`, operator: `op${number}` }));
    return {
      stun: { servers: [...numbers.map((number) => udp(home, number)), ...six] },
      http: { services: numbers.map((number) => https(number)) },
    };
  };
  const resident = (records: readonly object[], more: Settings = {}) =>
    new Resident(home, settings(home, names.bind, "", { records, sources: bothFamilies(), ...more }));
  const watchRecord = (name: string, type: "A" | "AAAA") =>
    RecordWatch.start(home, names.bind, `${name}.${names.bind.zone}`, type);
  const nextPrefix = (next: string) => {
    prefix = next;
    return home.changePrefix(prefix);
  };

  it("another prefix: AAAA follows, and that of another host with it, while A stays as it is", async () => {
    const zone = names.bind.zone;
    using both = resident([
      { name: `six.${zone}`, types: ["A", "AAAA"] },
      { name: `nas.${zone}`, types: ["AAAA"], suffix: "::1:2:3:4" },
    ]);
    await using daemon = await both.daemon();
    await using four = await watchRecord("six", "A");
    await using six = await watchRecord("six", "AAAA");
    await using nas = await watchRecord("nas", "AAAA");
    await six.until(`${prefix}::10`);
    await nas.until(`${prefix}:0:1:2:3:4`);
    const changedAt = nextPrefix("2a10:ed1:88");
    const took = (await six.until("2a10:ed1:88::10")) - changedAt;
    tell("IPv6, probing every second: change of prefix to AAAA right", took);
    expect(took).toBeLessThan(4000);
    await nas.until("2a10:ed1:88:0:1:2:3:4");
    await four.until(home.wan);
    const writes = () => daemon.entries("Record written").map(({ record }) => String(record));
    await until("the last answer", () => writes().length >= 5);
    expect(writes().toSorted((a, b) => a.localeCompare(b))).toEqual([
      `nas.${zone} AAAA`,
      `nas.${zone} AAAA`,
      `six.${zone} A`,
      `six.${zone} AAAA`,
      `six.${zone} AAAA`,
    ]);
  });

  it("without IPv6 on the line: AAAA is kept, A is updated", async () => {
    const name = `six.${names.bind.zone}`;
    using both = resident([{ name, types: ["A", "AAAA"] }]);
    await using daemon = await both.daemon();
    await using six = await watchRecord("six", "AAAA");
    await using four = await watchRecord("six", "A");
    const before = `${prefix}::10`;
    await six.until(before);
    home.onInternet("ip", "-6", "route", "del", `${prefix}::/64`, "dev", "net0");
    await daemon.says("The public address is not known; records stay as they are");
    const changedAt = home.changeWan("44.128.26.1");
    const took = (await four.until("44.128.26.1")) - changedAt;
    tell("IPv6 dead, probing every second: change-wan to A right", took);
    expect(took).toBeLessThan(4000);
    expect(six.seen).toEqual([before]);
    nextPrefix("2a10:ed1:99");
    await six.until("2a10:ed1:99::10");
  });

  it("its own interface as the source: the address that stays, and not the temporary one", async () => {
    const inHome = (...words: readonly string[]) => home.run(words);
    await inHome("sysctl", "-qw", "net.ipv6.conf.lan0.use_tempaddr=2");
    await inHome("ip", "-6", "addr", "change", `${prefix}::10/64`, "dev", "lan0", "mngtmpaddr");
    await until("a temporary address", async () => {
      const { stdout } = await inHome("ip", "-6", "addr", "show", "dev", "lan0", "temporary", "-tentative");
      return stdout.includes(prefix);
    });
    const name = `own.${names.bind.zone}`;
    const more = { sources: { interface: { fallback: false } }, consensus: { quorum: 1 } };
    using own = resident([{ name, types: ["AAAA"] }], more);
    await using _ = await own.daemon();
    await using watch = await watchRecord("own", "AAAA");
    await watch.until(`${prefix}::10`);
    const changedAt = nextPrefix("2a10:ed1:aa");
    const took = (await watch.until("2a10:ed1:aa::10")) - changedAt;
    tell("own interface, probing every second: change of prefix to AAAA right", took);
    expect(took).toBeLessThan(4000);
  });
});
