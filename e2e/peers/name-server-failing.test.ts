import { describe, expect, it } from "vitest";
import { Lab, ZONE } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { parseResult, planResult, syncResult } from "./results.ts";

const BEFORE = "203.0.113.200";

function write(lab: Lab, provider: Readonly<Record<string, unknown>> = {}): string {
  return lab.write({ providers: { lab: { ...lab.provider, timeout: "1s", ...provider } }, verify: false });
}

describe.concurrent("a name server that fails", () => {
  it.each(["forge-signature", "unsigned", "servfail", "refused", "silent"] as const)(
    "%s: exit 1, in words, and nothing is written",
    async (behaviour) => {
      await using lab = await Lab.start();
      lab.set(BEFORE);
      lab.dns.behave(behaviour);

      const { status, stdout, stderr } = await esddns(["--config", write(lab), "sync", "--json"]);

      expect(status).toBe(1);
      expect(stderr).not.toMatch(/ {4}at |bug/);
      const [record] = parseResult(syncResult, stdout).records;
      expect(record).toMatchObject({ decision: "keep", reason: "unread" });
      expect(record?.message).toMatch(/^because it could not be read: Cannot /);
      expect(lab.contents).toEqual([BEFORE]);
      expect(lab.dns.count("update")).toBe(0);
    },
  );

  it("loses its answer to an update that it made: unconfirmed, and not sent again once it was read", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    lab.dns.behave("drop-answer");
    const config = write(lab, { transport: "tcp" });

    const first = await esddns(["--config", config, "sync", "--json"]);

    expect(first.status).toBe(1);
    expect(parseResult(syncResult, first.stdout).outcomes).toMatchObject([{ kind: "unconfirmed" }]);
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
    lab.dns.behave("honest");
    const second = await esddns(["--config", config, "sync", "--json"]);
    expect(second.status).toBe(0);
    expect(parseResult(syncResult, second.stdout).records).toMatchObject([{ decision: "in-sync" }]);
    expect(lab.dns.count("update")).toBe(1);
  });

  it("truncates what it says over UDP: it is asked over TCP", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    lab.dns.behave("truncate");

    const { status } = await esddns(["--config", write(lab), "sync"]);

    expect(status).toBe(0);
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
    expect(lab.dns.requests.some(({ transport }) => transport === "tcp")).toBe(true);
  });

  it("is gone for a while: the daemon writes as soon as it is back, and once", async () => {
    await using lab = await Lab.start();
    lab.set(BEFORE);
    lab.dns.behave("silent");
    await using daemon = await Daemon.start(write(lab));
    await daemon.says("Record could not be read; it stays as it is");

    lab.dns.behave("honest");
    await lab.follows();

    const serial = lab.dns.serial(ZONE);
    expect((await daemon.stop()).status).toBe(0);
    expect(lab.contents).toEqual([BEFORE, lab.address()]);
    expect(lab.dns.serial(ZONE)).toBe(serial);
  });

  it("does not hold up the records of another", async () => {
    await using lab = await Lab.start();
    await using other = await Lab.start();
    other.dns.behave("silent");
    const config = lab.write({
      providers: {
        lab: lab.provider,
        other: { ...other.provider, zone: undefined, timeout: "1s", key: undefined },
      },
      records: [
        { name: `home.${ZONE}`, provider: "lab" },
        { name: "home.example.net", provider: "other" },
      ],
    });

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);

    expect(status).toBe(1);
    const { outcomes, records } = parseResult(syncResult, stdout);
    expect(outcomes).toMatchObject([{ name: `home.${ZONE}`, kind: "applied", verification: "converged" }]);
    expect(outcomes[0]?.sinceStartMs).toBeLessThan(1000);
    expect(records).toMatchObject([
      { name: "home.example.net", decision: "keep", reason: "unread" },
      { name: `home.${ZONE}`, decision: "change" },
    ]);
  });

  it("has a hundred records: one plan, one message, all verified", async () => {
    await using lab = await Lab.start();
    const names = Array.from({ length: 100 }, (_, index) => `host-${index}.${ZONE}`);
    const config = lab.write({ records: names.map((name) => ({ name, ttl: 60 })) });

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);

    expect(status).toBe(0);
    const { outcomes } = parseResult(syncResult, stdout);
    expect(outcomes).toHaveLength(100);
    expect(outcomes.every(({ verification }) => verification === "converged")).toBe(true);
    expect(lab.dns.count("update")).toBe(1);
    const plan = await esddns(["--config", config, "plan", "--exit-code", "--json"]);
    expect(plan.status).toBe(0);
    expect(parseResult(planResult, plan.stdout).records).toHaveLength(100);
  });
});
