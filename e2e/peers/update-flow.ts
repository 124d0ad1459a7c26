import { afterAll, beforeAll, expect, it } from "vitest";
import { serialAt, ttlAt, untilValues, valuesAt } from "../dns-client.ts";
import { type Config, Lab } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import type { Scratch } from "../scratch.ts";
import { type Primary, PRIMARY_ZONE } from "./primary.ts";
import { parseResult, planResult, syncResult } from "./results.ts";

/** The program's whole work at a real name server; the same for every kind. */
export function describeUpdates(start: (scratch: Scratch) => Promise<Primary>): void {
  const stack = new AsyncDisposableStack();
  let lab: Lab;
  let primary: Primary;

  beforeAll(async () => {
    lab = stack.use(await Lab.start({ families: [4, 6] }));
    primary = stack.use(await start(lab.scratch));
  });
  afterAll(() => stack.disposeAsync());

  let files = 0;
  /** Each with a store of its own. */
  function write(records: readonly Config[], sections: Config = {}): string {
    files += 1;
    const { address, port } = primary.server;
    return lab.write(
      {
        providers: { home: primary.provider },
        records,
        verify: { servers: [`${address}:${port}`], deadline: "5s" },
        store: { path: lab.scratch.at(`store-${files}.db`) },
        ...sections,
      },
      `config-${files}.yaml`,
    );
  }

  async function sync(config: string) {
    const { status, stdout, stderr } = await esddns(["--config", config, "sync", "--json"]);
    for (const secret of primary.secrets) expect(stdout + stderr).not.toContain(secret);
    return { status, stderr, ...parseResult(syncResult, stdout) };
  }

  const serial = () => serialAt(primary.server, PRIMARY_ZONE);

  it("shows a change, makes it, and then leaves the records alone", async () => {
    const names = [PRIMARY_ZONE, `home.${PRIMARY_ZONE}`, `*.apps.${PRIMARY_ZONE}`];
    const config = write(names.map((name) => ({ name, types: ["A", "AAAA"], ttl: 60 })));
    const before = await serial();

    const plan = await esddns(["--config", config, "plan", "--exit-code", "--json"]);
    expect(plan.status).toBe(5);
    const planned = parseResult(planResult, plan.stdout).records;
    expect(planned).toHaveLength(6);
    for (const record of planned)
      expect(record).toMatchObject({ decision: "change", reason: "missing", before: null });
    expect(await serial()).toBe(before);

    const first = await sync(config);
    expect(first.status).toBe(0);
    expect(first.outcomes).toHaveLength(6);
    for (const outcome of first.outcomes)
      expect(outcome).toMatchObject({ kind: "applied", verification: "converged" });
    for (const name of [PRIMARY_ZONE, `home.${PRIMARY_ZONE}`, `any.apps.${PRIMARY_ZONE}`]) {
      expect(await valuesAt(primary.server, name)).toEqual([lab.address(4)]);
      expect(await valuesAt(primary.server, name, "AAAA")).toEqual([lab.address(6)]);
      expect(await ttlAt(primary.server, name)).toBe(60);
    }

    const written = await serial();
    const second = await sync(config);
    expect(second.status).toBe(0);
    expect(second.outcomes).toEqual([]);
    expect(new Set(second.records.map(({ decision }) => decision))).toEqual(new Set(["in-sync"]));
    const idle = await esddns(["--config", config, "plan", "--exit-code"]);
    expect(idle.status).toBe(0);
    expect(await serial()).toBe(written);
  });

  it("keeps a TTL that is not configured, and sets one that is", async () => {
    const [kept, set] = [`kept.${PRIMARY_ZONE}`, `set.${PRIMARY_ZONE}`];
    await primary.update(`update add ${kept} 1234 A 198.51.100.1`, `update add ${set} 1234 A 198.51.100.1`);

    const { status } = await sync(write([{ name: kept }, { name: set, ttl: "2m" }]));

    expect(status).toBe(0);
    for (const name of [kept, set]) expect(await valuesAt(primary.server, name)).toEqual([lab.address()]);
    expect(await ttlAt(primary.server, kept)).toBe(1234);
    expect(await ttlAt(primary.server, set)).toBe(120);
  });

  it("replaces every value of a set, or in merge mode only its own", async () => {
    const [ours, shared] = [`ours.${PRIMARY_ZONE}`, `shared.${PRIMARY_ZONE}`];
    const foreign = ["198.51.100.1", "198.51.100.2"];
    await primary.update(
      ...[ours, shared].flatMap((name) => foreign.map((value) => `update add ${name} 60 A ${value}`)),
    );
    const config = write([{ name: ours }, { name: shared, mode: "merge" }]);

    expect((await sync(config)).status).toBe(0);
    const old = lab.address();
    expect(await valuesAt(primary.server, ours)).toEqual([old]);
    expect(await valuesAt(primary.server, shared)).toEqual([...foreign, old].toSorted());

    lab.move();
    expect((await sync(config)).status).toBe(0);
    expect(await valuesAt(primary.server, ours)).toEqual([lab.address()]);
    expect(await valuesAt(primary.server, shared)).toEqual([...foreign, lab.address()].toSorted());
  });

  it("says that its key is wrong, and changes nothing", async () => {
    const name = `locked.${PRIMARY_ZONE}`;
    await primary.update(`update add ${name} 60 A 198.51.100.1`);
    const config = write([{ name }], { providers: { home: primary.stranger } });
    const before = await serial();

    const { status, records, outcomes } = await sync(config);

    expect(status).toBe(1);
    expect(JSON.stringify({ records, outcomes })).toMatch(/key|signature|credentials/i);
    expect(await serial()).toBe(before);
    const text = await esddns(["--config", config, "sync"]);
    expect(text.status).toBe(1);
    expect(text.stdout + text.stderr).toMatch(/refused|Cannot/);
  });

  it("says that the server does not hold the zone, and changes nothing", async () => {
    const config = write([{ name: "home.example.net" }], { providers: { home: primary.elsewhere } });
    const before = await serial();

    const { status, records, outcomes } = await sync(config);

    expect(status).toBe(1);
    expect(JSON.stringify({ records, outcomes })).toMatch(
      /zone|not allow|does not answer for|REFUSED|NOTAUTH/i,
    );
    expect(await serial()).toBe(before);
  });

  it("follows a new address, and puts right what somebody else changed", async () => {
    const name = `watched.${PRIMARY_ZONE}`;
    const config = write([{ name, ttl: 60 }], { schedule: { interval: "1m", probe: "1s", refresh: "0s" } });
    await using daemon = await Daemon.start(config);
    await untilValues(primary.server, name, [lab.address()]);
    expect(await daemon.says("Every authoritative server has the record")).toContain(
      String(primary.server.port),
    );

    lab.move();
    await untilValues(primary.server, name, [lab.address()]);
    await daemon.says("our address changed");

    daemon.forget();
    await primary.update(`update delete ${name} A`, `update add ${name} 60 A 198.51.100.66`);
    daemon.signal("SIGUSR1");
    await untilValues(primary.server, name, [lab.address()]);
    expect(await daemon.says("someone else changed it")).toContain("198.51.100.66");

    daemon.forget();
    await primary.update(`update delete ${name} A`);
    daemon.signal("SIGUSR1");
    await untilValues(primary.server, name, [lab.address()]);
    await daemon.says("someone else removed it");
    expect((await daemon.stop()).status).toBe(0);
  });
}
