import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause } from "../until.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { NAME_SERVERS, type NameServers, OLD, startNameServers, valuesAt } from "./name-servers.ts";
import { RecordWatch } from "./record-watch.ts";
import { type Report, Resident, tell, timeOf } from "./resident.ts";
import { fiveOperators, https, type Settings, settings, udp } from "./settings.ts";

/** Often enough that a witness, of whom three out of four are asked at first, is asked for certain. */
const TIMES = 8;

describe.skipIf(noHome(...NAME_SERVERS))("a home with a liar among its witnesses", () => {
  let home: Home;
  let names: NameServers;
  beforeAll(async () => {
    home = buildHome();
    names = await startNameServers(home);
    // The liars are the quickest: what they say is always there when it is decided
    home.delay(10);
    for (const liar of home.liars) home.delay(0, 0, liar);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  const resident = (sources: object, more: Settings = {}) =>
    new Resident(home, settings(home, names.bind, "home", { sources, ...more }));
  const detectOften = async (sources: object): Promise<readonly Report[]> => {
    using often = resident(sources);
    const reports: Report[] = [];
    for (let time = 0; time < TIMES; time += 1) reports.push(await often.report("detect", "--explain"));
    return reports;
  };

  const stunLiar = () => ({ host: home.liar, operator: "crooks" });
  const httpsLiar = () => ({ url: "https://liar1.netlab.test/", operator: "crooks" });
  const honestStun = () => [1, 2, 3].map((number) => udp(home, number));
  const honestHttps = () => [1, 2, 3].map((number) => https(number));
  const insert = (list: readonly object[], at: number, one: object) => list.toSpliced(at, 0, one);

  describe.each([
    ["first", 0],
    ["in the middle", 2],
    ["last", 3],
  ] as const)("%s in the list", (_, position) => {
    it.each([
      ["STUN", () => ({ stun: { servers: insert(honestStun(), position, stunLiar()) } })],
      [
        "HTTPS",
        () => ({
          stun: { servers: [udp(home, 1)] },
          http: { services: insert(honestHttps(), position, httpsLiar()) },
        }),
      ],
    ] as const)(
      "as a %s server: it is never believed, and shown as the one who dissents",
      async (_, sources) => {
        const reports = await detectOften(sources());
        for (const { ipv4 } of reports) {
          expect([ipv4?.kind, ipv4?.address]).toEqual(["known", home.wan]);
          expect(ipv4?.for.every((id) => !id.includes(home.liar) && !id.includes("liar"))).toBe(true);
        }
        const dissents = reports.flatMap(({ ipv4 }) => ipv4?.against ?? []);
        expect(dissents.length).toBeGreaterThan(0);
        expect(dissents.every((id) => id.includes(home.liar) || id.includes("liar1"))).toBe(true);
        const { observations = [] } = reports.find(({ ipv4 }) => ipv4?.against.length)?.ipv4 ?? {};
        expect(observations).toContainEqual(
          expect.objectContaining({ operator: "crooks", result: "seen", address: home.lie }),
        );
      },
    );
  });

  it("two liars of one operator have one vote between them", async () => {
    const crooks = home.liars.map((host) => ({ host, operator: "crooks" }));
    for (const { ipv4 } of await detectOften({ stun: { servers: [...crooks, ...honestStun()] } })) {
      expect([ipv4?.kind, ipv4?.address]).toEqual(["known", home.wan]);
    }
  });

  it("against two honest ones it is a dispute: nothing is written, and the exit code says so", async () => {
    using disputed = resident({ stun: { servers: [stunLiar(), udp(home, 1), udp(home, 2)] } });
    const { status, ipv4, outcomes } = await disputed.report("sync");
    expect({ status, kind: ipv4?.kind, outcomes }).toEqual({ status: 3, kind: "disputed", outcomes: [] });
    expect(valuesAt(home, names.bind.address, `home.${names.bind.zone}`)).toEqual([OLD.address]);
  });

  it("a page with an address in it is no witness", async () => {
    using portal = resident({
      stun: { servers: [udp(home, 1)] },
      http: { services: [https(2, "/page"), https(3), https(4, "/page")] },
    });
    const { status, ipv4 } = await portal.report("detect", "--explain");
    expect([status, ipv4?.address]).toEqual([0, home.wan]);
    const pages = ipv4?.observations.filter(({ witness }) => witness.includes("/page")) ?? [];
    expect(pages.every(({ result }) => result === "cancelled" || result === "failed")).toBe(true);
  });

  it.each([
    ["192.168.1.5", "private"],
    ["100.64.7.7", "cgnat"],
    ["127.0.0.1", "loopback"],
    ["203.0.113.9", "documentation"],
    ["224.0.0.1", "multicast"],
  ])("%s is no vote: %s", async (address, reason) => {
    using odd = resident({
      http: { services: [1, 2, 3].map((number) => https(number, `/says/${address}`)) },
    });
    const { status, ipv4, outcomes } = await odd.report("sync");
    expect({ status, kind: ipv4?.kind, outcomes }).toEqual({
      status: 4,
      kind: "unavailable",
      outcomes: [],
    });
    const { ipv4: explained } = await odd.report("detect", "--explain");
    expect(explained?.observations.filter(({ result }) => result === "rejected")).toHaveLength(3);
    expect(explained?.observations[0]).toMatchObject({ result: "rejected", address, reason });
  });

  it("two that lie alike under two names do not move a record that is right", async () => {
    const address = home.wan;
    const crooks = home.liars.map((host, index) => ({ host, operator: `crook${index}` }));
    const { stun, http } = fiveOperators(home);
    const sources = { stun: { servers: [...crooks, ...stun.servers] }, http };
    using honest = resident(fiveOperators(home));
    expect((await honest.report("sync")).status).toBe(0);
    using deceived = resident(sources, { schedule: { probe: "1s", interval: "10s" } });
    await using daemon = await deceived.daemon();
    await using watch = await RecordWatch.start(home, names.bind, `home.${names.bind.zone}`);
    for (let round = 0; round < 20; round += 1) await daemon.roundNow();
    expect(watch.seen).toEqual([address]);
    expect(daemon.entries("Record written")).toEqual([]);
  });

  it("the daemon publishes the truth through a change of address, names the liar, and no longer asks it", async () => {
    const { stun, http } = fiveOperators(home);
    const sources = {
      stun: { servers: [stunLiar(), ...stun.servers] },
      http: { services: [httpsLiar(), ...http.services] },
    };
    using watched = resident(sources);
    await using daemon = await watched.daemon();
    await using watch = await RecordWatch.start(home, names.bind, `home.${names.bind.zone}`);
    const before = home.wan;
    const address = "44.128.20.5";
    await watch.until(before);
    for (let round = 0; round < 3; round += 1) await daemon.roundNow();
    const changedAt = home.changeWan(address);
    tell(
      "with a liar, probing every second: change-wan to the record right",
      (await watch.until(address)) - changedAt,
    );
    for (let round = 0; round < 20; round += 1) await daemon.roundNow();
    await daemon.says("Witnesses contradict the public address", {
      where: ({ against }) => JSON.stringify(against).includes(`says ${home.lie}`),
    });
    const quarantined = await daemon.says("Witness quarantined");
    expect(quarantined["reason"]).toBe("it keeps contradicting the others");
    await pause(1500);
    const answersSince = daemon
      .entries("Witness answered")
      .filter((entry) => entry["witness"] === quarantined["witness"])
      .filter((entry) => timeOf(entry) > timeOf(quarantined) + 200);
    expect(answersSince).toEqual([]);
    expect(watch.seen.filter((values) => values !== before && values !== address)).toEqual([]);
    expect(names.bindWrites().filter((write) => write.includes(home.lie))).toEqual([]);
    expect(names.bindWrites().length).toBeGreaterThan(0);
  });
});
