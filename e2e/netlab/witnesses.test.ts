import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pause } from "../until.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { NAME_SERVERS, type NameServers, serialAt, startNameServers } from "./name-servers.ts";
import { RecordWatch } from "./record-watch.ts";
import { type Daemon, Resident, tell } from "./resident.ts";
import { fiveOperators, https, settings, tcp, tls, udp, WITNESSES } from "./settings.ts";

describe.skipIf(noHome(...NAME_SERVERS))("a home whose witnesses are in trouble", () => {
  let home: Home;
  let names: NameServers;
  let address = "";
  let moves = 0;
  beforeAll(async () => {
    home = buildHome();
    names = await startNameServers(home);
    address = home.wan;
  });
  beforeEach(() => home.delay(20));
  afterEach(() => {
    home.block("none");
    home.busy(false);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  const resident = (sources: object) => new Resident(home, settings(home, names.bind, "home", { sources }));
  const nextAddress = () => {
    moves += 1;
    return (address = `44.128.21.${moves}`);
  };
  const watchRecord = () => RecordWatch.start(home, names.bind, `home.${names.bind.zone}`);
  const all = [1, 2, 3, 4, 5] as const;
  const stunAndTwoEchoes = () => ({
    stun: { servers: all.map((number) => udp(home, number)) },
    http: { services: [https(4), https(5)] },
  });

  /** A daemon that runs follows a change of address. @returns how long it took */
  async function follows(
    sources: object,
    change: (address: string, daemon: Daemon) => number | Promise<number>,
  ): Promise<number> {
    using followed = resident(sources);
    await using daemon = await followed.daemon();
    await using watch = await watchRecord();
    const before = address;
    await watch.until(before);
    const changedAt = await change(nextAddress(), daemon);
    const took = (await watch.until(address, 20_000)) - changedAt;
    expect(watch.seen.slice(watch.seen.indexOf(before))).toEqual([before, address]);
    return took;
  }

  it.each([1, 2])(
    "%i of five STUN servers stopped: found at once, and a change is followed",
    async (dead) => {
      const stopped = all.slice(0, dead);
      for (const number of stopped) home.server(number, "stop");
      try {
        using undisturbed = resident(stunAndTwoEchoes());
        const { status, ipv4 } = await undisturbed.report("detect");
        expect([status, ipv4?.address]).toEqual([0, address]);
        tell(`detect, ${dead} of 5 stopped, RTT 40 ms`, ipv4?.elapsedMs ?? Number.NaN);
        expect(ipv4?.elapsedMs).toBeLessThan(500);
        const took = await follows(stunAndTwoEchoes(), (to) => home.changeWan(to));
        tell(`${dead} of 5 stopped, probing every second: change-wan to the record right`, took);
        expect(took).toBeLessThan(6000);
      } finally {
        for (const number of stopped) home.server(number, "start");
      }
    },
  );

  it("two of five never answer: they hold up nothing for longer than a hedge", async () => {
    home.block("44.128.102.0/23"); // servers 2 and 3
    using undisturbed = resident(stunAndTwoEchoes());
    const took: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      const { status, ipv4 } = await undisturbed.report("detect");
      expect([status, ipv4?.address]).toEqual([0, address]);
      took.push(ipv4?.elapsedMs ?? Number.NaN);
    }
    tell("detect, 2 of 5 silent, RTT 40 ms, slowest of 6", Math.max(...took));
    expect(Math.max(...took)).toBeLessThan(1000);
    const followed = await follows(stunAndTwoEchoes(), (to) => home.changeWan(to));
    tell("2 of 5 silent, probing every second: change-wan to the record right", followed);
    expect(followed).toBeLessThan(6000);
  });

  describe("with UDP blocked", () => {
    beforeEach(() => home.block("udp"));

    it.each([
      ["STUN over TCP", () => [3, 4, 5].map((number) => tcp(home, number)), () => []],
      ["STUN over TLS", () => [3, 4, 5].map((number) => tls(number)), () => []],
      ["HTTPS", () => [], () => [3, 4, 5].map((number) => https(number))],
    ] as const)("falls back on %s", async (_, servers, services) => {
      const stun = { servers: [...all.map((number) => udp(home, number)), ...servers()] };
      const web = services();
      using blocked = resident({ stun, ...(web.length > 0 ? { http: { services: web } } : {}) });
      const { status, ipv4 } = await blocked.report("detect", "--explain");
      expect([status, ipv4?.address]).toEqual([0, address]);
      expect(ipv4?.for.every((id) => !id.endsWith(":udp"))).toBe(true);
      tell("detect, UDP blocked, cold process", ipv4?.elapsedMs ?? Number.NaN);
    });

    it("a change is followed", async () => {
      const sources = {
        stun: { servers: [...all.map((number) => udp(home, number)), ...all.map((number) => tls(number))] },
      };
      // The name server is reached over TCP as well then
      const provider = { ...names.powerdns.provider };
      using blocked = new Resident(
        home,
        settings(home, { ...names.powerdns, provider }, "home", { sources }),
      );
      await using daemon = await blocked.daemon();
      await using watch = await RecordWatch.start(home, names.powerdns, `home.${names.powerdns.zone}`);
      await watch.until(address);
      const changedAt = home.changeWan(nextAddress());
      const took = (await watch.until(address, 30_000)) - changedAt;
      tell("UDP blocked, probing every second: change-wan to the record right", took);
      expect(took).toBeLessThan(10_000);
      expect(daemon.entries("Record written").length).toBeLessThanOrEqual(2);
    });
  });

  it("all dead, and alive again: the record is kept all the while without a write, and then follows", async () => {
    using lonely = resident(fiveOperators(home));
    await using daemon = await lonely.daemon();
    await using watch = await watchRecord();
    const before = address;
    await watch.until(before);
    const serial = serialAt(home, names.bind);
    home.block(WITNESSES);
    await daemon.says("The public address is not known; records stay as they are");
    await daemon.roundNow();
    home.changeWan(nextAddress());
    await pause(6000);
    expect(watch.seen.at(-1)).toBe(before);
    expect(serialAt(home, names.bind)).toBe(serial);
    expect((await lonely.report("detect", "--family", "4")).status).toBe(4);
    home.block("none");
    const aliveAt = Date.now();
    const took = (await watch.until(address)) - aliveAt;
    tell("all witnesses dead for 6 s: from their return to the record right", took);
    expect(took).toBeLessThan(4000);
    const warnings = daemon.entries("The public address is not known; records stay as they are");
    expect(warnings.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("all echoes answer 429 for a while: none of them is given up", async () => {
    using throttled = resident({ http: { services: all.map((number) => https(number)) } });
    await using daemon = await throttled.daemon();
    await using watch = await watchRecord();
    await watch.until(address);
    home.busy(true);
    await daemon.says("The public address is not known; records stay as they are");
    home.changeWan(nextAddress());
    await pause(8000);
    home.busy(false);
    const aliveAt = Date.now();
    const took = (await watch.until(address, 30_000)) - aliveAt;
    tell("all echoes 429 for 8 s: from their return to the record right", took);
    expect(took).toBeLessThan(6000);
    expect(daemon.entries("Witness quarantined")).toEqual([]);
  });

  it("10 % loss each way: the address is found, and mostly as quickly as without", async () => {
    home.delay(20, 10);
    using lossy = resident(stunAndTwoEchoes());
    const took: number[] = [];
    for (let time = 0; time < 20; time += 1) {
      const { status, ipv4 } = await lossy.report("detect");
      expect([status, ipv4?.address]).toEqual([0, address]);
      took.push(ipv4?.elapsedMs ?? Number.NaN);
    }
    took.sort((a, b) => a - b);
    tell("detect, 10 % loss each way, RTT 40 ms, cold process, median", took[9] ?? Number.NaN);
    tell("detect, 10 % loss each way, RTT 40 ms, cold process, p90", took[17] ?? Number.NaN);
    const followed = await follows(stunAndTwoEchoes(), (to) => home.changeWan(to));
    tell("10 % loss, probing every second: change-wan to the record right", followed);
    expect(followed).toBeLessThan(10_000);
  });

  it("one server that is far away does not slow down the others", async () => {
    home.delay(150, 0, home.servers[0]);
    using uneven = resident(stunAndTwoEchoes());
    const took: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      const { ipv4 } = await uneven.report("detect");
      expect(ipv4?.address).toBe(address);
      took.push(ipv4?.elapsedMs ?? Number.NaN);
    }
    tell("detect, one server at RTT 300 ms, the others at 40 ms, slowest of 6", Math.max(...took));
    expect(Math.max(...took)).toBeLessThan(290);
    home.delay(20, 0, home.servers[0]);
  });

  it("a change while a round's questions are on their way is not half believed", async () => {
    home.delay(100);
    const took = await follows(fiveOperators(home), async (to, daemon) => {
      const round = daemon.roundNow();
      await pause(60);
      const changedAt = home.changeWan(to);
      await round;
      return changedAt;
    });
    tell("RTT 200 ms, probing every second: change-wan to the record right", took);
    expect(took).toBeLessThan(8000);
  });
});
