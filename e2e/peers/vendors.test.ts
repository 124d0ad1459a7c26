import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Config, Lab, NAME } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { until } from "../until.ts";
import { parseResult, planResult, syncResult } from "./results.ts";
import { type Vendor, VENDORS } from "./vendors.ts";

const CA = "vendors.pem";

describe.concurrent.each(VENDORS)("$name, emulated", ({ start }) => {
  function write(lab: Lab, vendor: Vendor, secret: unknown, sections: Config = {}): string {
    return lab.write({
      providers: { account: vendor.provider(secret) },
      records: [{ name: NAME }],
      tls: { caFile: lab.scratch.at(CA) },
      log: { level: "debug" },
      ...sections,
    });
  }

  it("shows a change, makes it once, and leaves the record alone", async () => {
    await using lab = await Lab.start();
    await using vendor = await start(lab, CA);
    const config = write(lab, vendor, { env: "ACCOUNT_SECRET" });
    const env = { ACCOUNT_SECRET: vendor.secret };

    const plan = await esddns(["--config", config, "plan", "--exit-code", "--json"], { env });
    expect(plan.status).toBe(5);
    expect(parseResult(planResult, plan.stdout).records).toMatchObject([
      { decision: "change", reason: "missing" },
    ]);
    expect(vendor.emulator.writes).toBe(0);

    const first = await esddns(["--config", config, "sync", "--json"], { env });
    expect(first.status).toBe(0);
    expect(parseResult(syncResult, first.stdout).outcomes).toMatchObject([
      { kind: "applied", verification: "converged" },
    ]);
    expect(vendor.values()).toEqual([lab.address()]);
    expect(vendor.emulator.writes).toBe(1);

    const second = await esddns(["--config", config, "sync", "--json"], { env });
    expect(second.status).toBe(0);
    expect(parseResult(syncResult, second.stdout).records).toMatchObject([{ decision: "in-sync" }]);
    expect(vendor.emulator.writes).toBe(1);

    for (const { stdout, stderr } of [plan, first, second])
      expect(stdout + stderr).not.toContain(vendor.secret);
    expectNoSecretOnDisk(lab, [vendor.secret]);
  });

  it("takes a rotated secret from its file while the daemon runs, and shows none anywhere", async () => {
    await using lab = await Lab.start();
    await using vendor = await start(lab, CA);
    const old = vendor.secret;
    const file = lab.scratch.write("account.secret", old);
    lab.behave("silent");
    await using daemon = await Daemon.start(write(lab, vendor, { file }));
    await daemon.says("The public address is not known");

    const fresh = vendor.rotate();
    lab.scratch.write("account.secret", fresh);
    lab.behave("honest");
    await until("the record", () => vendor.values().join() === lab.address());
    const statuses = vendor.emulator.log.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401 || status === 403)).toHaveLength(1);

    expect(readFileSync(`/proc/${daemon.child.pid}/cmdline`, "utf8")).not.toMatch(/s3cret/);
    expect((await daemon.stop()).status).toBe(0);
    for (const secret of [old, fresh, base64(`somebody:${old}`)]) {
      expect(daemon.log + daemon.child.stdout).not.toContain(secret);
    }
    expectNoSecretOnDisk(lab, [old, fresh]);
  });

  it("says that it was refused, does not insist, and goes on with a new configuration", async () => {
    await using lab = await Lab.start();
    await using vendor = await start(lab, CA);
    const file = lab.scratch.write("account.secret", "s3cret-of-yesterday");
    await using daemon = await Daemon.start(write(lab, vendor, { file }));
    await daemon.says(/WARNING Record could not be read|ERROR The provider refused/);
    const { writes } = vendor.emulator;
    expect(writes).toBeLessThanOrEqual(1);
    expect(daemon.log).not.toContain("s3cret-of-yesterday");

    daemon.forget();
    daemon.signal("SIGUSR1");
    await daemon.says("Round ended");
    expect(vendor.emulator.writes).toBe(writes);

    lab.scratch.write("account.secret", vendor.secret);
    daemon.signal("SIGHUP");
    await until("the record", () => vendor.values().join() === lab.address());
  });
});

/** Not in the store, nor in what SQLite keeps beside it. */
function expectNoSecretOnDisk(lab: Lab, secrets: readonly string[]): void {
  const files = readdirSync(lab.scratch.folder).filter((name) => name.startsWith("esddns.db"));
  expect(files).toContain("esddns.db");
  for (const name of files) {
    const content = readFileSync(lab.scratch.at(name), "latin1");
    for (const secret of secrets) expect(content.includes(secret), `a secret in ${name}`).toBe(false);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
