import { type Row, shown } from "./rows.ts";
import { accountAt, recordNames, startVendor, type VendorKind } from "./vendors.ts";
import type { World } from "./world.ts";

interface Growth {
  readonly records: number;
  readonly took: number;
  readonly reads: number;
  readonly writes: number;
  readonly status: number | null;
}

/** How many records go with one write, or `undefined` where the API takes one by one. */
const GROUPED: Readonly<Record<string, number>> = { cloudflare: 200, powerdns: 1000 };

/** One record, a hundred, a thousand, all of them to change. */
export async function growthRows(world: World, counts: readonly number[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const kind of ["cloudflare", "powerdns", "gandi"] as const) {
    const growths: Growth[] = [];
    for (const count of counts) growths.push(await syncMany(world, kind, count));
    rows.push(rowOf(kind, growths));
  }
  return rows;
}

async function syncMany(world: World, kind: VendorKind, records: number): Promise<Growth> {
  const names = recordNames(records);
  const config = world.configure(`growth-${kind}-${records}`, { ...accountAt(kind, names), verify: false });
  await using vendor = await startVendor(world, kind, names);
  const command = world.esddns("--config", config, "sync", "--json");
  const { took, status } = await world.time(command, world.userEnvironment("warm"));
  const count = (effect: string) => vendor.events.filter((event) => event["effect"] === effect).length;
  return { records, took, status, reads: count("read"), writes: count("write") };
}

function rowOf(kind: VendorKind, growths: readonly Growth[]): Row {
  const group = GROUPED[kind];
  const isGrouped = growths.every(({ records, writes }) => writes <= Math.ceil(records / (group ?? 1)));
  const failed = growths.filter(({ status }) => status !== 0);
  const reached = isGrouped && failed.length === 0;
  return {
    what: `${growths.map(({ records }) => records).join(", ")} changed records at ${kind}, cold \`sync\``,
    reach: group
      ? `growth shown; ${group} changes in a write`
      : "growth shown; one write for each, four at once",
    measured: growths
      .map(
        ({ records, took, reads, writes }) => `${records}: ${shown(took)}, ${reads} reads, ${writes} writes`,
      )
      .join("; "),
    reached,
    note: failed.map(({ records, status }) => `exit ${status} with ${records}`).join("; "),
    data: growths,
  };
}
