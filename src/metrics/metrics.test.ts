import { describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { LABEL_BOUNDS } from "#metrics/bounded-labels.ts";
import { GROUPS } from "#metrics/definitions.ts";
import { HAPPENING_KINDS } from "#state/happening.ts";
import { desired, type EngineWorld, operators } from "#testing/engine-world.ts";
import { clusterState } from "#testing/cluster-state.ts";
import { meteredWorld } from "#testing/metered-world.ts";

const TRUTH = "44.128.10.77";
const NEXT = "44.128.20.5";
const LIE = "44.128.66.66";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const RECORD = 'domain="home.example.org",record_type="A"';

const established = (world: EngineWorld) => void world.established(TRUTH);

describe("a round", () => {
  it("counts by trigger, and its verdict by family", async () => {
    await using it = await meteredWorld({ prepare: established });
    await it.world.clock.advance(6 * MINUTE);
    const samples = await it.samples();
    expect(samples.get('esddns_rounds_total{trigger="start"}')).toBe(1);
    expect(samples.get('esddns_rounds_total{trigger="schedule"}')).toBe(1);
    expect(samples.get('esddns_verdicts_total{family="4",trigger="start",verdict="known"}')).toBe(1);
    expect(samples.get('esddns_wan_ip_discovery_duration_seconds_count{family="4"}')).toBe(2);
    expect(samples.get("esddns_round_duration_seconds_count")).toBe(2);
  });

  it("takes the time that its questions take, in seconds", async () => {
    await using it = await meteredWorld({ prepare: established });
    const samples = await it.samples();
    const [decided] = it.world.of("decided");
    expect(samples.get('esddns_wan_ip_discovery_duration_seconds_sum{family="4"}')).toBeCloseTo(
      decided!.took / 1000,
    );
    expect(decided!.took).toBeGreaterThan(0);
  });

  it("says when it ended and when the next one is due", async () => {
    await using it = await meteredWorld({ prepare: established });
    const samples = await it.samples();
    const now = it.world.clock.date().getTime() / 1000;
    const last = samples.get("esddns_last_round_timestamp_seconds")!;
    const next = samples.get("esddns_next_round_timestamp_seconds")!;
    expect(last).toBeGreaterThan(now - 2);
    expect(last).toBeLessThan(now);
    expect(next).toBeGreaterThan(now + 200);
    expect(samples.get('esddns_last_known_timestamp_seconds{family="4"}')).toBeLessThanOrEqual(last);
  });
});

describe("what is not there", () => {
  it("is absent and not zero before the first verdict", async () => {
    await using it = await meteredWorld({ witnesses: [] });
    const before = await it.samples();
    const names = [...before.keys()];
    expect(names.filter((name) => name.startsWith("esddns_last_known"))).toEqual([]);
    expect(names.filter((name) => name.startsWith("esddns_record_in_sync"))).toEqual([]);
    expect(names.filter((name) => name.startsWith("esddns_address_"))).toEqual([]);
    expect(names).not.toContain("esddns_store_size_bytes");
    expect(names.filter((name) => name.includes('family="6"'))).toEqual([]);
    expect(before.get('esddns_verdict{family="4",verdict="unavailable"}')).toBe(1);
    expect(before.get('esddns_verdict{family="4",verdict="known"}')).toBe(0);
  });

  it("leaves no value behind when it goes away", async () => {
    await using it = await meteredWorld({ prepare: established });
    const series = `esddns_record_in_sync{${RECORD}}`;
    expect((await it.samples()).get(series)).toBe(1);
    it.world.move("offline");
    await it.world.clock.advance(7 * MINUTE);
    const after = await it.samples();
    expect(after.has(series)).toBe(false);
    expect(after.get(`esddns_record_condition{${RECORD},condition="kept"}`)).toBe(1);
    expect(after.has(`esddns_record_condition{${RECORD},condition="in-sync"}`)).toBe(false);
  });
});

describe("the address", () => {
  it("is a change when it becomes another one, and not when it is first known", async () => {
    await using first = await meteredWorld();
    expect((await first.samples()).get('esddns_wan_ip_changes_total{family="4"}')).toBe(0);
    await using it = await meteredWorld({ prepare: established });
    it.world.move(NEXT);
    await it.world.clock.advance(MINUTE);
    expect((await it.samples()).get('esddns_wan_ip_changes_total{family="4"}')).toBe(1);
    await it.world.clock.advance(12 * MINUTE);
    expect((await it.samples()).get('esddns_wan_ip_changes_total{family="4"}')).toBe(1);
  });

  it("is a change, too, when it moved while no daemon was running", async () => {
    await using it = await meteredWorld({ prepare: (world) => void world.established(LIE) });
    expect((await it.samples()).get('esddns_wan_ip_changes_total{family="4"}')).toBe(1);
  });

  it("is shown only on demand", async () => {
    await using quiet = await meteredWorld({ prepare: established });
    expect((await quiet.metrics.render()).text).not.toContain(TRUTH);
    await using open = await meteredWorld({ prepare: established, showsAddress: true });
    expect((await open.samples()).get(`esddns_address_info{family="4",address="${TRUTH}"}`)).toBe(1);
  });

  it("has operators that agree, and others that can be asked", async () => {
    await using it = await meteredWorld({ prepare: established });
    const samples = await it.samples();
    const agreeing = samples.get('esddns_operators_agreeing{family="4"}')!;
    expect(agreeing).toBeGreaterThanOrEqual(2);
    expect(samples.get('esddns_operators_asked{family="4"}')).toBeGreaterThanOrEqual(agreeing);
    expect(samples.get('esddns_operators_usable{family="4"}')).toBe(8);
  });

  it("has no operator more for a witness on probation", async () => {
    const witnesses = [...operators(3, 2), { id: "stun:new", operator: "new", probation: true }];
    await using it = await meteredWorld({ prepare: established, witnesses });
    await it.world.clock.advance(MINUTE);
    const samples = await it.samples();
    expect(samples.get('esddns_operators_usable{family="4"}')).toBe(5);
    expect(samples.get('esddns_operators_offered{family="4"}')).toBe(5);
  });
});

describe("a change", () => {
  it("is counted by record, and timed from first sight to published and converged", async () => {
    await using it = await meteredWorld({ prepare: established });
    const { clock } = it.world;
    await clock.advance(MINUTE);
    it.world.move(NEXT);
    await clock.advance(MINUTE);
    const [published] = it.world.of("published");
    const sight = published!.sinceSight! / 1000;
    const samples = await it.samples();
    expect(samples.get(`esddns_dns_updates_total{${RECORD}}`)).toBe(1);
    expect(samples.get("esddns_first_sight_to_published_seconds_count")).toBe(1);
    expect(samples.get("esddns_first_sight_to_published_seconds_sum")).toBeCloseTo(sight);
    expect(samples.get("esddns_first_sight_to_converged_seconds_sum")).toBeCloseTo(sight + 1);
    expect(samples.get('esddns_verifications_total{result="converged"}')).toBe(1);
    expect(samples.get('esddns_provider_calls_total{provider="home",operation="apply",result="ok"}')).toBe(1);
    expect(samples.get('esddns_dns_update_duration_seconds_sum{provider="home"}')).toBeCloseTo(0.05);
    const lastPublish = samples.get('esddns_provider_last_publish_timestamp_seconds{provider="home"}')!;
    expect(lastPublish).toBeGreaterThan(clock.date().getTime() / 1000 - 60);
    expect(samples.get(`esddns_last_dns_update_timestamp_seconds{${RECORD}}`)).toBeCloseTo(lastPublish);
    expect(samples.get('esddns_happenings_total{kind="record-changed"}')).toBe(1);
  });

  it("took as long as the attempts before the one that went well", async () => {
    let failures = 1;
    await using it = await meteredWorld({
      prepare: (world) => {
        const busy = { kind: "failed", error: new ProviderError("busy", { code: "busy" }) } as const;
        world.established(TRUTH).provider.script = () => (failures-- > 0 ? busy : undefined);
      },
    });
    await it.world.clock.advance(MINUTE);
    it.world.move(NEXT);
    await it.world.clock.advance(5 * MINUTE);
    const samples = await it.samples();
    const [failed, published] = it.world.of("published");
    expect([failed!.outcome.kind, published!.outcome.kind]).toEqual(["failed", "applied"]);
    expect(samples.get("esddns_first_sight_to_published_seconds_count")).toBe(1);
    const sum = samples.get("esddns_first_sight_to_published_seconds_sum")!;
    // The pause after a failure takes a second at least
    expect(sum).toBeGreaterThan(1 + published!.sinceStart / 1000);
    expect(sum).toBeLessThan(60);
  });

  it("that is held back leaves the record out of sync", async () => {
    await using it = await meteredWorld({ prepare: established, dryRun: true });
    it.world.move(NEXT);
    await it.world.clock.advance(MINUTE);
    const samples = await it.samples();
    expect(samples.get(`esddns_record_condition{${RECORD},condition="withheld"}`)).toBe(1);
    expect(samples.get(`esddns_record_in_sync{${RECORD}}`)).toBe(0);
  });

  it("begins with the probe that saw it first, not with the round", async () => {
    await using it = await meteredWorld();
    const [published] = it.world.of("published");
    const before = (await it.samples()).get("esddns_first_sight_to_published_seconds_sum")!;
    it.metrics.listener({ ...published!, sinceStart: milliseconds(200), sinceSight: milliseconds(7000) });
    const after = (await it.samples()).get("esddns_first_sight_to_published_seconds_sum")!;
    expect(after - before).toBeCloseTo(7);
  });

  it("shows as zero before the first, so that the first is an increase", async () => {
    await using it = await meteredWorld({ prepare: established });
    const samples = await it.samples();
    expect(samples.get(`esddns_dns_updates_total{${RECORD}}`)).toBe(0);
    expect(
      samples.get('esddns_provider_calls_total{provider="home",operation="apply",result="refused"}'),
    ).toBe(0);
    for (const kind of HAPPENING_KINDS)
      expect(samples.get(`esddns_happenings_total{kind="${kind}"}`)).toBeDefined();
  });

  it("that is refused is a failure by its cause, and the record is not in sync", async () => {
    await using it = await meteredWorld({
      prepare: (world) => {
        world.established(TRUTH).provider.script = () => ({
          kind: "refused",
          cause: "authentication",
          words: "no",
        });
      },
    });
    it.world.move(NEXT);
    await it.world.clock.advance(MINUTE);
    const samples = await it.samples();
    expect(
      samples.get(`esddns_dns_update_failures_total{${RECORD},error_type="authentication"}`),
    ).toBeGreaterThan(0);
    expect(samples.get(`esddns_dns_updates_total{${RECORD}}`)).toBe(0);
    expect(samples.get(`esddns_record_in_sync{${RECORD}}`)).toBe(0);
    expect(samples.get("esddns_first_sight_to_published_seconds_count")).toBe(0);
  });

  it.each([
    [{ kind: "unconfirmed", error: undefined } as const, "unconfirmed"],
    [{ kind: "failed", error: new TypeError("a bug") } as const, "bug"],
    [{ kind: "failed", error: new ProviderError("busy", { code: "busy" }) } as const, "busy"],
  ])("with the outcome %o fails as %s", async (outcome, errorType) => {
    await using it = await meteredWorld({
      prepare: (world) => {
        world.established(TRUTH).provider.script = () => outcome;
      },
    });
    it.world.move(NEXT);
    await it.world.clock.advance(20 * SECOND);
    const samples = await it.samples();
    const series = `esddns_dns_update_failures_total{${RECORD},error_type="${errorType}"}`;
    expect(samples.get(series)).toBeGreaterThan(0);
  });
});

describe("a witness", () => {
  it("that differs is dissent of its operator, however late, and is quarantined when it goes on", async () => {
    await using it = await meteredWorld({
      prepare: established,
      witnesses: [...operators(5, 3), { operator: "liar", behaviour: { says: LIE, after: 60 } }],
    });
    await it.world.clock.advance(90 * MINUTE);
    const samples = await it.samples();
    expect(samples.get('esddns_dissent_total{family="4",operator="liar"}')).toBeGreaterThan(0);
    expect(samples.get('esddns_quarantines_total{family="4",reason="dissent"}')).toBeGreaterThan(0);
    expect(samples.get('esddns_witnesses_quarantined{family="4"}')).toBe(1);
    expect(samples.get('esddns_operators_usable{family="4"}')).toBe(8);
    expect(samples.get('esddns_operators_offered{family="4"}')).toBe(9);
    const honest = [...samples.keys()].filter((name) => name.startsWith("esddns_dissent_total"));
    expect(honest).toHaveLength(1);
  });

  it("that does not answer is a failure of its operator", async () => {
    await using it = await meteredWorld({
      prepare: established,
      witnesses: [{ operator: "deaf", behaviour: { fails: "refused", after: 1 } }, ...operators(4, 3)],
    });
    await it.world.clock.advance(30 * MINUTE);
    const samples = await it.samples();
    expect(samples.get('esddns_wan_ip_discovery_failures_total{operator="deaf"}')).toBeGreaterThan(0);
    expect(samples.get('esddns_observations_total{source="stun",result="failed"}')).toBeGreaterThan(0);
    expect(samples.get('esddns_observations_total{source="stun",result="seen"}')).toBeGreaterThan(0);
    expect(samples.get('esddns_operators_usable{family="4"}')).toBe(7);
  });
});

describe("labels", () => {
  it("are bounded, whatever a list of witnesses brings", async () => {
    const count = LABEL_BOUNDS.operator + 40;
    const crowd = Array.from({ length: count }, (_, index) => ({
      operator: `crowd${index}`,
      behaviour: { fails: "refused", after: 1 } as const,
    }));
    await using it = await meteredWorld({ witnesses: crowd, detection: {} });
    await it.world.clock.advance(60 * MINUTE);
    const series = [...(await it.samples())].filter(([name]) =>
      name.startsWith("esddns_wan_ip_discovery_failures_total"),
    );
    const observed = it.world.of("observed").filter(({ observation }) => observation.kind === "failed");
    expect(new Set(observed.map(({ observation }) => observation.witness.operator)).size).toBe(count);
    expect(series).toHaveLength(LABEL_BOUNDS.operator + 1);
    expect(series.map(([name]) => name)).toContain(
      'esddns_wan_ip_discovery_failures_total{operator="other"}',
    );
    // Nothing is lost by it
    expect(series.reduce((sum, [, value]) => sum + value, 0)).toBe(observed.length);
  });

  it("cannot break the format", async () => {
    const hostile = 'a"} 1\nesddns_forged 1\n# \\ \u0000\r\u{7F}';
    await using it = await meteredWorld({
      witnesses: [{ operator: hostile, behaviour: { fails: "refused", after: 1 } }],
    });
    it.metrics.notified(hostile, "failed");
    it.metrics.answered({ method: hostile, endpoint: hostile.repeat(100), status: 200 });
    const { text } = await it.metrics.render();
    expect(text).not.toMatch(/^esddns_forged/m);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/);
    expect(text).toContain('method="other"');
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(600);
  });

  it("of records are the names that were configured, wildcards included", async () => {
    const records = [desired("*.example.org"), desired("home.example.org")];
    await using it = await meteredWorld({ records });
    const samples = await it.samples();
    expect(samples.get('esddns_record_in_sync{domain="*.example.org",record_type="A"}')).toBe(1);
    expect(samples.get(`esddns_record_in_sync{${RECORD}}`)).toBe(1);
  });
});

describe("what is told from outside", () => {
  it("counts requests, messages and readers", async () => {
    await using it = await meteredWorld();
    it.metrics.answered({ method: "GET", endpoint: "/history", status: 200 });
    it.metrics.answered({ method: "GET", endpoint: undefined, status: 404 });
    it.metrics.notified("phone", "sent");
    const gone = it.metrics.readerCame();
    it.metrics.readerCame();
    gone();
    gone();
    const samples = await it.samples();
    const requests = "esddns_endpoint_requests_total";
    expect(samples.get(`${requests}{method="GET",endpoint="/history",status="200"}`)).toBe(1);
    expect(samples.get(`${requests}{method="GET",endpoint="other",status="404"}`)).toBe(1);
    expect(samples.get('esddns_notifications_total{notifier="phone",result="sent"}')).toBe(1);
    expect(samples.get('esddns_notifications_total{notifier="phone",result="failed"}')).toBe(0);
    expect(samples.get("esddns_event_stream_readers")).toBe(1);
  });

  it("has the process in it", async () => {
    await using it = await meteredWorld({ storeSize: 4096 });
    const samples = await it.samples();
    expect(samples.get("esddns_store_size_bytes")).toBe(4096);
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(samples.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(samples.get("process_start_time_seconds")).toBeGreaterThan(1.6e9);
    expect([...samples.keys()].some((name) => name.startsWith("esddns_build_info"))).toBe(true);
  });
});

describe("definitions", () => {
  const named = (groups: typeof GROUPS) =>
    groups.flatMap(({ metrics }) => metrics).map(({ name, kind }) => `${name} ${kind}`);

  it.each([
    ["of a pod in a cluster", clusterState, GROUPS],
    ["of any other daemon", undefined, GROUPS.filter(({ title }) => title !== "Cluster")],
  ])("%s are all registered, and nothing else is", async (_what, cluster, groups) => {
    await using it = await meteredWorld({ ...(cluster && { cluster }) });
    const { text } = await it.metrics.render();
    const shown = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => `${name} ${kind}`);
    expect(shown.toSorted()).toEqual(named(groups).toSorted());
  });
});
