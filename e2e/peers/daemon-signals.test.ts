import { describe, expect, it } from "vitest";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { valuesAt } from "../dns-client.ts";
import { Lab, NAME, ZONE } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { until } from "../until.ts";

const SECOND = `office.${ZONE}`;

describe.concurrent("the daemon", () => {
  it("follows the address within seconds, over IPv4 and IPv6", async () => {
    await using lab = await Lab.start({ families: [4, 6] });
    await using daemon = await Daemon.start(lab.write());
    await lab.follows();

    for (let moves = 0; moves < 2; moves += 1) {
      lab.move();
      // A probe every second sees it
      await lab.follows(8000);
    }

    expect(lab.dns.count("update")).toBe(6);
    expect((await daemon.stop()).status).toBe(0);
  });

  it("holds back the third change within ten minutes, and says so", async () => {
    await using lab = await Lab.start();
    await using daemon = await Daemon.start(lab.write());
    await lab.follows();
    for (let moves = 0; moves < 2; moves += 1) {
      lab.move();
      await lab.follows();
    }
    const published = lab.address();
    const withheld = lab.move();

    expect(await daemon.says("Change withheld")).toContain("the address changes too often");
    expect(lab.contents.at(-1)).toBe(published);
    expect(lab.contents).not.toContain(withheld);
  });

  it("takes a new configuration on SIGHUP", async () => {
    await using lab = await Lab.start();
    const file = lab.write();
    await using daemon = await Daemon.start(file);
    await lab.follows();

    lab.write({ records: [{ name: NAME, ttl: 60 }, { name: SECOND }] });
    daemon.forget();
    daemon.signal("SIGHUP");

    await daemon.says("Configuration read again");
    await until(
      "the second record",
      async () => (await valuesAt(lab.nameServer, SECOND)).join() === lab.address(),
    );
    lab.move();
    await lab.follows();
    expect(daemon.child.ended).toBeUndefined();
  });

  it("goes on with the old configuration when the new one is bad, and says where", async () => {
    await using lab = await Lab.start();
    await using daemon = await Daemon.start(lab.write());
    await lab.follows();

    lab.scratch.write("esddns.yaml", "providers:\n  lab:\n    type: rfc2163\nrecords: []\n");
    daemon.forget();
    daemon.signal("SIGHUP");

    const line = await daemon.says("The new configuration cannot be used; the old one goes on");
    expect(line).toMatch(/ ERROR .*esddns\.yaml:3:.*rfc2163.*did you mean.*rfc2136/);
    lab.move();
    await lab.follows();
  });

  it("goes on with the old configuration when the file is gone", async () => {
    await using lab = await Lab.start();
    const file = lab.write({}, "moving.yaml");
    await using daemon = await Daemon.start(file);
    lab.scratch.remove("moving.yaml");
    daemon.signal("SIGHUP");

    await daemon.says("the old one goes on");
    lab.move();
    await lab.follows();
  });

  it("makes a round at once on SIGUSR1", async () => {
    await using lab = await Lab.start();
    await using daemon = await Daemon.start(
      lab.write({ schedule: { interval: "1h", probe: "off" }, log: { level: "debug" } }),
    );
    await lab.follows();
    lab.move();
    daemon.forget();

    daemon.signal("SIGUSR1");

    await lab.follows(5000);
    await daemon.says("Round started round=2 trigger=signal");
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends at once and well on %s", async (signal) => {
    await using lab = await Lab.start();
    await using daemon = await Daemon.start(lab.write());
    await lab.follows();

    const sentAt = performance.now();
    daemon.signal(signal);

    expect(await daemon.child.exit).toEqual({ status: 0, signal: null });
    expect(performance.now() - sentAt).toBeLessThan(3000);
    expect(daemon.log).toContain("esddns stopped");
    expect(daemon.child.stdout).toBe("");
  });

  it("ends well while nobody answers", async () => {
    await using lab = await Lab.start();
    lab.behave("silent");
    await using daemon = await Daemon.start(lab.write());

    expect(await daemon.stop()).toEqual({ status: 0, signal: null });
  });

  it("lets nobody else use its store meanwhile", async () => {
    await using lab = await Lab.start();
    const file = lab.write();
    await using first = await Daemon.start(file);

    const second = await esddns(["--config", file, "run"]);

    expect(second.status).toBe(1);
    expect(second.stderr).toContain("another esddns is running on it");
    expect(second.stderr).not.toMatch(/ {4}at |bug/);
    // Commands may look while it runs
    expect((await esddns(["--config", file, "status"])).status).toBe(0);
    await first.stop();
    await using third = await Daemon.start(file);
    expect((await third.stop()).status).toBe(0);
  });
});

describe.concurrent("a write in flight when the daemon is ended", () => {
  async function startWithGandi(lab: Lab) {
    const emulator = new GandiEmulator({ zones: [ZONE], token: "token" });
    await emulator.listen();
    const daemon = await Daemon.start(
      lab.write({
        providers: { gandi: { type: "gandi", endpoint: emulator.endpoint, token: "token" } },
        records: [{ name: NAME }],
        verify: false,
      }),
    );
    await until("the first write", () => emulator.get(ZONE, "home", "A")?.rrset_values[0] === lab.address());
    return { emulator, daemon };
  }

  it("is finished and remembered", async () => {
    await using lab = await Lab.start();
    const { emulator, daemon } = await startWithGandi(lab);
    await using _ = daemon;
    emulator.latency = 1500;
    lab.move();
    await until("the write to be on its way", () => emulator.pending > 0);

    daemon.signal("SIGTERM");

    expect((await daemon.child.exit).status).toBe(0);
    expect(emulator.get(ZONE, "home", "A")?.rrset_values).toEqual([lab.address()]);
    const history = await esddns(["--config", lab.scratch.at("esddns.yaml"), "history"]);
    expect(history.stdout).toMatch(new RegExp(`→ ${lab.address()}: applied`));
    await emulator.close();
  });

  it("is given up after ten seconds, and the record is read before the next write", async () => {
    await using lab = await Lab.start();
    const { emulator, daemon } = await startWithGandi(lab);
    await using _ = daemon;
    emulator.fault({ kind: "stall", applied: true }, { on: "write" });
    lab.move();
    await until("the write to be on its way", () => emulator.writes === 2);

    const sentAt = performance.now();
    daemon.signal("SIGTERM");

    expect((await daemon.child.exit).status).toBe(0);
    expect(performance.now() - sentAt).toBeLessThan(12_000);
    const again = await esddns(["--config", lab.scratch.at("esddns.yaml"), "sync"]);
    expect(again.status).toBe(0);
    expect(emulator.writes).toBe(2);
    await emulator.close();
  });
});
