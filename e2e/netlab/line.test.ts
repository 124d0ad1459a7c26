import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Child } from "../child.ts";
import { pause } from "../until.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { NAME_SERVERS, type NameServers, startNameServers } from "./name-servers.ts";
import { RecordWatch } from "./record-watch.ts";
import { type Daemon, Resident, tell } from "./resident.ts";
import { fiveOperators, https, settings, udp, WITNESSES } from "./settings.ts";

const doctorReport = z.looseObject({ findings: z.array(z.looseObject({ words: z.string() })) });

/** A STUN client that keeps its socket, as one must not: asks every 100 ms and prints each new answer. */
const KEPT_SOCKET = `
const socket = require("node:dgram").createSocket("udp4");
let last;
socket.on("message", (answer) => {
  const address = [0, 1, 2, 3].map((index) => answer[28 + index] ^ answer[4 + index]).join(".");
  if (address !== last) console.log(last = address);
});
const request = Buffer.from("000100002112a442000102030405060708090a0b", "hex");
socket.connect(3478, process.argv[1], () => setInterval(() => socket.send(request), 100));
`;

describe.skipIf(noHome(...NAME_SERVERS))("a home whose line", () => {
  let home: Home;
  let names: NameServers;
  let address = "";
  let moves = 0;
  beforeAll(async () => {
    home = buildHome();
    names = await startNameServers(home);
    address = home.wan;
    home.delay(20);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  const nextAddress = () => {
    moves += 1;
    return (address = `44.128.22.${moves}`);
  };
  const watchRecord = () => RecordWatch.start(home, names.bind, `home.${names.bind.zone}`);

  /** A daemon whose record is right, before the line changes. */
  async function settled(test: (daemon: Daemon, watch: RecordWatch) => Promise<void>): Promise<void> {
    using resident = new Resident(home, settings(home, names.bind, "home"));
    await using daemon = await resident.daemon();
    await using watch = await watchRecord();
    await watch.until(address);
    await test(daemon, watch);
  }

  it("is dead for five seconds and comes back with another address: right soon after", async () => {
    await settled(async (daemon, watch) => {
      const before = address;
      const backAt = await home.changeWanAside(nextAddress(), 5);
      const took = (await watch.until(address)) - backAt;
      tell("line dead for 5 s, probing every second: from its return to the record right", took);
      expect(took).toBeLessThan(4000);
      expect(watch.seen.slice(-2)).toEqual([before, address]);
      expect(daemon.entries("Witness quarantined")).toEqual([]);
    });
  });

  it("is dead for five seconds and comes back with the same address: nothing is written", async () => {
    await settled(async (daemon, watch) => {
      const written = daemon.entries("Record written").length;
      await home.changeWanAside(address, 5);
      await pause(3000);
      expect(daemon.entries("Record written")).toHaveLength(written);
      expect(watch.seen.at(-1)).toBe(address);
      expect((await daemon.child.stop()).status).toBe(0);
    });
  });

  it("changes behind a router that keeps old flows: a kept socket never sees it, esddns does", async () => {
    await settled(async (_, watch) => {
      const before = address;
      const kept = [process.execPath, "-e", KEPT_SOCKET, home.servers[0] ?? ""];
      await using client = new Child([...home.inHome, ...kept]);
      await client.until("the first answer", () => client.stdout.includes(before));
      const changedAt = home.changeWan(nextAddress(), "keep");
      const took = (await watch.until(address)) - changedAt;
      tell("old flows kept, probing every second: change-wan to the record right", took);
      expect(took).toBeLessThan(3000);
      await pause(1000);
      expect(client.stdout).toBe(`${before}\n`);
    });
    home.nat("cone");
    home.changeWan(nextAddress());
  });

  it("maps every flow to another port (symmetric NAT): no difference", async () => {
    home.nat("symmetric");
    await settled(async (_, watch) => {
      const changedAt = home.changeWan(nextAddress());
      const took = (await watch.until(address)) - changedAt;
      tell("symmetric NAT, probing every second: change-wan to the record right", took);
      expect(took).toBeLessThan(3000);
    });
    home.nat("cone");
  });

  it("changes, and back before it was confirmed: nothing is written", async () => {
    home.delay(150);
    await settled(async (daemon, watch) => {
      const before = address;
      const written = daemon.entries("Record written").length;
      const round = daemon.roundNow();
      home.changeWan("44.128.23.1");
      home.changeWan(before);
      await round;
      await pause(3000);
      expect(watch.seen.slice(watch.seen.indexOf(before))).toEqual([before]);
      expect(daemon.entries("Record written")).toHaveLength(written);
    });
    home.delay(20);
  });

  it("changes six times in a minute's time: the writes become fewer, the last one is right", async () => {
    await settled(async (daemon, watch) => {
      const start = daemon.entries("Record written").length;
      for (let change = 0; change < 6; change += 1) {
        home.changeWan(nextAddress());
        await pause(2000);
      }
      expect(daemon.entries("Change withheld").length).toBeGreaterThan(0);
      await watch.until(address, 40_000);
      const writes = daemon.entries("Record written").length - start;
      console.log(`six changes, 2 s apart: ${writes} writes`);
      expect(writes).toBeGreaterThanOrEqual(3);
      expect(writes).toBeLessThan(6);
    });
  });
});

describe.skipIf(noHome(...NAME_SERVERS))("a home behind a carrier's NAT", () => {
  let home: Home;
  let names: NameServers;
  beforeAll(async () => {
    home = buildHome({ env: { CGNAT: "1" } });
    names = await startNameServers(home);
    home.delay(20);
  });
  afterAll(async () => {
    await names[Symbol.asyncDispose]();
    home.down();
  });

  it("is seen at the carrier's public address, which the record follows", async () => {
    using resident = new Resident(home, settings(home, names.bind, "home"));
    await using _ = await resident.daemon();
    await using watch = await RecordWatch.start(home, names.bind, `home.${names.bind.zone}`);
    await watch.until(home.wan);
    const address = "44.128.24.1";
    const changedAt = home.changeWan(address);
    const took = (await watch.until(address)) - changedAt;
    tell("carrier NAT, probing every second: change-wan to the record right", took);
    expect(took).toBeLessThan(3000);
    home.changeWan(home.wan);
  });

  it("takes no address of the carrier's own network, and says why", async () => {
    const sources = {
      stun: { servers: [1, 2].map((number) => udp(home, number)) },
      http: { services: [3, 4].map((number) => https(number, "/says/100.64.7.77")) },
    };
    using deceived = new Resident(home, settings(home, names.bind, "home", { sources }));
    const { ipv4, status } = await deceived.report("detect", "--explain");
    expect([status, ipv4?.address]).toEqual([0, home.wan]);
    const alone = { http: sources.http };
    using helpless = new Resident(home, settings(home, names.bind, "home", { sources: alone }));
    const { ipv4: none } = await helpless.report("detect", "--explain");
    expect(none?.kind).toBe("unavailable");
    expect(none?.observations.map(({ result, reason }) => `${result} ${reason}`)).toEqual([
      "rejected cgnat",
      "rejected cgnat",
    ]);
    const { findings } = doctorReport.parse(JSON.parse((await helpless.run("doctor", "--json")).stdout));
    expect(findings.map(({ words }) => words)).toContain(
      "says 100.64.7.77, which cannot be published: cgnat",
    );
  });

  it("changes nothing when all that is left is the host's own interface", async () => {
    const sources = { stun: fiveOperators(home).stun, interface: true };
    home.block(WITNESSES);
    using cutOff = new Resident(home, settings(home, names.bind, "home", { sources }));
    const { status, ipv4, outcomes } = await cutOff.report("sync");
    home.block("none");
    expect({ status, kind: ipv4?.kind, outcomes }).toEqual({ status: 4, kind: "unavailable", outcomes: [] });
  });
});
