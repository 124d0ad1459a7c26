import { expect, test } from "vitest";
import type { WitnessState } from "#state/state.ts";
import { serviceWorld } from "#testing/service-world.ts";

test("the lived world has records in every condition, witnesses of every kind and a long past", async () => {
  const { context, archive, world, log, close } = await serviceWorld("lived");
  const { records, witnesses, families, next, lately } = context.state();
  await close();

  expect(records.map(({ condition }) => condition.kind)).toEqual([
    "in-sync",
    "in-sync",
    "in-sync",
    "withheld",
    "pending",
    "kept",
    "in-sync",
    "failed",
  ]);
  expect(records[2]).toMatchObject({
    changed: { reason: "changed-elsewhere", converged: 1980 },
    verification: { kind: "converged" },
  });
  const free = witnesses.filter(({ quarantine }) => !quarantine);
  expect(answersOf(free)).toEqual(expect.arrayContaining(["agrees", "differs", "silent", "unneeded"]));
  expect(answersOf(witnesses.filter(({ quarantine }) => quarantine))).toEqual(["differs"]);
  expect(families.map(({ address, trouble }) => [address?.text, trouble])).toEqual([
    ["44.128.10.77", undefined],
    ["2a10:ed1:77::1", undefined],
  ]);
  expect(next.round && next.probe && next.round > context.now()).toBe(true);
  expect(lately.length).toBeGreaterThan(30);
  expect(archive.history(1000).length).toBeGreaterThanOrEqual(30);
  const kinds = new Set(archive.episodes(4, new Date(0)).map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual(["disputed", "known", "unavailable", "unwatched"]);
  expect([world.bugs, log.messages("error")]).toEqual([[], []]);
});

test("the empty world knows nothing yet", async () => {
  const { context, archive, close } = await serviceWorld("empty");
  const { families, records, lastRound } = context.state();
  await close();

  expect(families.map(({ address, decided }) => [address, decided])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  expect(new Set(records.map(({ condition }) => condition.kind))).toEqual(new Set(["unknown"]));
  expect([lastRound, archive.history(10)]).toEqual([undefined, []]);
});

test("the troubled world is in dispute about one family and knows nothing of the other", async () => {
  const { context, close } = await serviceWorld("troubled");
  const { families, records } = context.state();
  await close();

  expect(families.map(({ trouble }) => trouble?.kind)).toEqual(["disputed", "unavailable"]);
  expect(new Set(records.map(({ condition }) => condition.kind))).toEqual(new Set(["kept"]));
});

test("the following world takes its leader's word, and waits with one record", async () => {
  const { context, close } = await serviceWorld("following");
  const { families, records, witnesses, next } = context.state();
  const cluster = context.cluster?.();
  await close();

  expect(families.map(({ address }) => address?.text)).toEqual(["44.128.10.77", "2a10:ed1:77::1"]);
  expect(records.filter(({ condition }) => condition.kind !== "in-sync")).toMatchObject([
    {
      record: { name: "vpn.example.org" },
      condition: { kind: "withheld", words: "it is the turn of node-1" },
    },
  ]);
  expect(new Set(witnesses.flatMap(({ witness, latest }) => (latest ? [witness.source] : [])))).toEqual(
    new Set(["cluster"]),
  );
  expect(next.probe).toBeUndefined();
  expect(cluster?.role.kind).toBe("following");
});

function answersOf(witnesses: readonly WitnessState[]): readonly (string | undefined)[] {
  return [...new Set(witnesses.map(({ latest }) => latest?.answer.kind))];
}
