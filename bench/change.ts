import { startNameServers } from "../e2e/netlab/name-servers.ts";
import { RecordWatch } from "../e2e/netlab/record-watch.ts";
import { pause } from "./clock.ts";
import { Daemon, timeOf } from "./daemon.ts";
import { type Row, shown, timeRow } from "./rows.ts";
import type { World } from "./world.ts";

/** Milliseconds, of the default configuration. */
const PROBE = 10_000;

/**
 * From a new address to the record at the name server, by a daemon with the default schedule. The changes are
 * spread evenly over the time between two probes, so that a few of them have the mean of many.
 */
export async function changeRows(world: World, changes: number): Promise<readonly Row[]> {
  await using servers = await startNameServers(world.home);
  const { provider, zone } = servers.bind;
  const name = `home.${zone}`;
  const config = world.configure("change", {
    providers: { bind: provider },
    records: [{ name, provider: "bind" }],
    log: { level: "debug", format: "json" },
  });
  const { udp: roundTrip } = await world.roundTrip();
  await using watch = await RecordWatch.start(world.home, servers.bind, name);
  const { address } = world.move();
  {
    await using first = new Daemon(world, config, "change");
    await watch.until(address);
    await first.roundNow();
  }
  const sinceChange: number[] = [];
  const sinceProbe: number[] = [];
  for (let index = 0; index < changes; index += 1) {
    // A daemon of its own: from the third change in ten minutes on, the same one would hold it back on purpose
    await using daemon = new Daemon(world, config, "change");
    const next = await daemon.says("Next", 0, (entry) => entry["next"] === "probe");
    const within = Number(next["withinMs"]);
    const at = timeOf(next) + (within * (index + 0.5)) / changes;
    await pause(at - Date.now());
    const change = world.move();
    const right = await watch.until(change.address);
    const probe = await daemon.says("Probe: the address seems to have changed", change.at - 1);
    sinceChange.push(right - change.at);
    sinceProbe.push(right - timeOf(probe));
  }
  const slowest = Math.max(...sinceProbe);
  return [
    timeRow(
      {
        what: "from a changed address to the record right at BIND, daemon, default schedule",
        reach: "≤ half the probe interval, mean",
        of: "mean",
        limit: PROBE / 2,
        note: `half an interval on average, and the round after it; slowest ${shown(Math.max(...sinceChange))}`,
      },
      sinceChange,
      roundTrip,
    ),
    timeRow(
      {
        what: "… once a probe has seen it",
        reach: "≤ 1 s, p90",
        of: "p90",
        limit: 1000,
        note: `slowest ${shown(slowest)}`,
      },
      sinceProbe,
      roundTrip,
    ),
  ];
}
