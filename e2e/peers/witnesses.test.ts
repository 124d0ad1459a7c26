import { describe, expect, it } from "vitest";
import type { EchoBehaviour } from "#lab/echo-answer.ts";
import type { StunBehaviour } from "#lab/stun-answer.ts";
import { valuesAt } from "../dns-client.ts";
import { ALLOWED_RANGES, Lab, NAME } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { until } from "../until.ts";
import { detectResult, parseResult, syncResult } from "./results.ts";

const BEFORE = "203.0.113.200";

async function sync(lab: Lab) {
  const { status, stdout, stderr } = await esddns([
    "--config",
    lab.write({ store: false }),
    "sync",
    "--json",
  ]);
  return { status, stderr, ...parseResult(syncResult, stdout) };
}

describe.concurrent("witnesses that cannot be relied upon", () => {
  it.each([0, 1, 2, 3, 4])("one liar, number %i of five, is never published", async (position) => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    [...lab.stun, ...lab.echoes][position]?.behave("liar");

    const { status, ipv4 } = await sync(lab);

    expect(status).toBe(0);
    expect(ipv4).toMatchObject({ kind: "known", address: lab.address() });
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
  });

  it("two liars of one operator have one vote", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    const servers = lab.sources.stun.servers.map((server, index) => ({
      ...server,
      operator: index < 2 ? "liars" : "honest",
    }));
    for (const server of lab.stun.slice(0, 2)) server.behave("liar");
    const config = lab.write({ sources: { ...lab.sources, stun: { servers } } });

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);

    expect(parseResult(syncResult, stdout).ipv4).toMatchObject({ kind: "known", address: lab.address() });
    expect(status).toBe(0);
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
  });

  it("a liar stays a liar for a running daemon, and is named", async () => {
    await using lab = await Lab.start();
    lab.stun[0]?.behave("liar");
    await using daemon = await Daemon.start(lab.write());
    await lab.follows();
    const first = lab.address();
    lab.move();
    await lab.follows();

    const { port } = lab.stun[0]?.endpoint ?? { port: 0 };
    expect(await daemon.says("Witnesses contradict the public address")).toContain(`127.0.0.1:${port}`);
    expect(lab.contents).toEqual([first, lab.address()]);
  });

  it("half against half is a dispute: exit 3, and the record stays", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    const servers = lab.sources.stun.servers.slice(0, 2);
    lab.stun[0]?.behave("liar");
    const config = lab.write({ sources: { stun: { servers } }, store: false });

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);
    expect(status).toBe(3);
    expect(parseResult(syncResult, stdout).ipv4?.positions).toHaveLength(2);
    const detected = await esddns(["--config", config, "detect", "--json"]);
    expect(detected.status).toBe(3);
    expect(parseResult(detectResult, detected.stdout).ipv4).toMatchObject({ kind: "disputed" });
    expect(lab.dns.count("update")).toBe(0);
  });

  const stunFaults: readonly StunBehaviour[] = ["garbage", "wrong-transaction", "no-address", "silent"];
  it.each(stunFaults)("every STUN server %s: the web services carry it", async (behaviour) => {
    await using lab = await Lab.start();
    for (const server of lab.stun) server.behave(behaviour);

    const { status, ipv4 } = await sync(lab);

    expect(status).toBe(0);
    expect(ipv4).toMatchObject({ kind: "known", address: lab.address(), against: [] });
    expect(ipv4?.for.every((id) => id.startsWith("http:"))).toBe(true);
    expect(await valuesAt(lab.nameServer, NAME)).toEqual([lab.address()]);
  });

  const echoFaults: readonly EchoBehaviour[] = ["html", "redirect", "huge", "half-body", "private"];
  it.each(echoFaults)(
    "every web service %s: nothing is changed without a confirmation",
    async (behaviour) => {
      await using lab = await Lab.start();
      lab.set(BEFORE);
      for (const echo of lab.echoes) echo.behave(behaviour);

      const { status, stderr, ipv4 } = await sync(lab);

      expect(stderr).not.toMatch(/ {4}at |bug/);
      expect(status).toBe(4);
      expect(ipv4).toMatchObject({ kind: "unavailable", reason: "unconfirmed" });
      expect(lab.contents).toEqual([BEFORE]);
      expect(lab.dns.count("update")).toBe(0);
    },
  );

  it("all of them dead: records stay as they are, and follow when they are back", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    lab.behave("silent");
    await using daemon = await Daemon.start(
      lab.write({
        consensus: { quorum: 2, deadline: "300ms", allowRanges: ALLOWED_RANGES },
        log: { level: "debug" },
      }),
    );

    await until("some rounds", () => daemon.log.split("Round ended").length > 4);
    await daemon.says("The public address is not known; records stay as they are");
    expect(lab.dns.count("update")).toBe(0);
    expect(await valuesAt(lab.nameServer, NAME)).toEqual([BEFORE]);

    lab.behave("honest");
    await lab.follows();
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
  });

  it("an address that cannot be public is never published", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    const consensus = { quorum: 2, deadline: "1s", allowRanges: [] };
    const config = lab.write({ consensus, store: false });

    const { status, stdout } = await esddns(["--config", config, "detect", "--json", "--explain"]);

    expect(status).toBe(4);
    const { ipv4 } = parseResult(detectResult, stdout);
    expect(ipv4?.observations?.every(({ result }) => result !== "seen")).toBe(true);
    expect(ipv4?.observations?.[0]).toMatchObject({ result: "rejected", reason: "documentation" });
    expect((await esddns(["--config", config, "sync"])).status).toBe(4);
    expect(lab.contents).toEqual([BEFORE]);
  });
});
