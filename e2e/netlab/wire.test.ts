import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Child } from "../child.ts";
import { pause } from "../until.ts";
import { Gandi } from "./gandi.ts";
import { buildHome, type Home, noHome } from "./home.ts";
import { NAME_SERVERS, type NameServers, startNameServers } from "./name-servers.ts";
import { type Daemon, Resident } from "./resident.ts";
import { settings } from "./settings.ts";

interface Packet {
  readonly from: string;
  readonly to: string;
  /** Of the payload, for UDP. */
  readonly length: number;
  readonly isUdp: boolean;
}

describe.skipIf(noHome("tcpdump", ...NAME_SERVERS))("on the wire of a home", () => {
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

  /** What the home's only host sent and got meanwhile. */
  async function capture(meanwhile: () => Promise<void>): Promise<readonly Packet[]> {
    const words = ["tcpdump", "-i", "lan0", "-n", "-l", "--immediate-mode", "ip host 192.168.77.10"];
    await using tcpdump = new Child([...home.inHome, ...words]);
    await tcpdump.until("it to listen", () => tcpdump.stderr.includes("listening on"));
    await meanwhile();
    await pause(300);
    await tcpdump.stop("SIGINT");
    return [...tcpdump.stdout.matchAll(/ IP (\S+) > (\S+): (.*)$/gm)].map(
      ([, from = "", to = "", rest = ""]) => ({
        from,
        to,
        length: Number(/length (\d+)/.exec(rest)?.[1]),
        isUdp: rest.startsWith("UDP"),
      }),
    );
  }

  const QUIET = { schedule: { probe: "2s", jitter: "0%", interval: "1h" }, verify: false };

  it("an idle probe is one request of 20 bytes and its answer, each from a port of its own", async () => {
    using resident = new Resident(home, settings(home, names.bind, "home", QUIET));
    await using daemon = await resident.daemon();
    const probes = () => daemon.entries("Probe: unchanged");
    await pause(500);
    await daemon.child.until("a probe", () => probes().length > 0);
    const before = probes().length;
    const packets = await capture(async () => {
      await daemon.child.until("three probes", () => probes().length >= before + 3);
    });
    const [requests, answers] = [packets.filter(isFromHome), packets.filter((packet) => !isFromHome(packet))];
    expect(packets.every(({ isUdp }) => isUdp)).toBe(true);
    expect(requests.map(({ length }) => length)).toEqual([20, 20, 20]);
    expect(requests.every(({ to }) => to.endsWith(".3478"))).toBe(true);
    expect(answers.map(({ to }) => to)).toEqual(requests.map(({ from }) => from));
    expect(new Set(requests.map(({ from }) => from)).size).toBe(3);
    for (const [index, { to }] of requests.entries()) expect(to).not.toBe(requests[index + 1]?.to);
    console.log(`a probe: 20 bytes out, ${answers[0]?.length} in (UDP payload)`);
  });

  it("a round without a change is a few small questions: no TLS, no call to the provider, nothing left", async () => {
    const schedule = { probe: "off", interval: "10s" };
    using resident = new Resident(home, settings(home, names.bind, "home", { ...QUIET, schedule }));
    await using daemon = await resident.daemon();
    await pause(500);
    const packets = await capture(async () => {
      const scheduled = daemon.says("Round started", { where: ({ trigger }) => trigger === "schedule" });
      await scheduled;
      await daemon.child.until("its end", () => daemon.entries("Round ended").length > 1);
    });
    const requests = packets.filter(isFromHome);
    console.log(
      `a round without a change: ${requests.length} packets out, ${packets.length - requests.length} in`,
    );
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(requests.length).toBeLessThanOrEqual(4);
    expect(requests.every(({ isUdp, length, to }) => isUdp && length === 20 && to.endsWith(".3478"))).toBe(
      true,
    );
    await pause(300);
    expect(socketsOf(home, daemon)).toEqual([]);
  });

  it("between rounds nothing is open but the connection to the provider, and nothing listens beyond loopback", async () => {
    await using gandi = await Gandi.start(home, 1);
    using resident = new Resident(home, gandi.settings({ schedule: QUIET.schedule }));
    await using daemon = await resident.daemon();
    for (let round = 0; round < 10; round += 1) await daemon.roundNow();
    await pause(700);
    const sockets = socketsOf(home, daemon);
    expect(sockets.length).toBeLessThanOrEqual(1);
    expect(sockets.every((line) => /^tcp\s+ESTAB\s.*\s44\.128\.53\.11:443\s/.test(line))).toBe(true);
  });

  it("200 rounds: neither memory nor descriptors grow", { timeout: 180_000 }, async () => {
    home.delay(0);
    using resident = new Resident(home, settings(home, names.bind, "home", QUIET));
    // Garbage is collected as soon as it is made: what remains is what is held
    await using daemon = await resident.daemon({
      NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=40",
    });
    const samples: { readonly mib: number; readonly files: number }[] = [];
    for (let round = 1; round <= 200; round += 1) {
      await daemon.roundNow();
      if (round % 50 === 0) samples.push({ mib: memoryOf(daemon), files: await filesOf(daemon) });
    }
    const [memory, files] = [samples.map(({ mib }) => mib.toFixed(1)), samples.map(({ files }) => files)];
    console.log(
      `after 50, 100, 150, 200 rounds: RSS ${memory.join(", ")} MiB, descriptors ${files.join(", ")}`,
    );
    const [, second, , last] = samples;
    expect(Math.max(...files) - Math.min(...files)).toBeLessThanOrEqual(1);
    expect(last!.mib - second!.mib).toBeLessThan(10);
    expect(daemon.log.filter(({ level }) => level === "error")).toEqual([]);
  });
});

function isFromHome({ from }: Pick<Packet, "from">): boolean {
  return from.startsWith("192.168.77.10.");
}

/** Lines of `ss`. */
/** But the dashboard, which listens on loopback alone. */
function socketsOf(home: Home, { child }: Daemon): readonly string[] {
  const [, ...words] = [...home.inHome, "ss", "-Htuanp"];
  return execFileSync("ip", words, { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(`pid=${child.pid},`))
    .filter((line) => !/^tcp\s+LISTEN\s.*\s127\.0\.0\.1:51339\s/.test(line));
}

/** In MiB. */
function memoryOf({ child }: Daemon): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** Once late questions are over. */
async function filesOf({ child }: Daemon): Promise<number> {
  await pause(400);
  return readdirSync(`/proc/${child.pid}/fd`).length;
}
