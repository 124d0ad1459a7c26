/**
 * A candidate for a Lease as a process of its own, with short timings.
 *
 * Usage: candidate.ts NAMESPACE LEASE IDENTITY, with KUBECONFIG. Prints a line of JSON whenever something happens:
 * `leading`, `not-leading`, `leader` (whom it sees), and `held`, when it has looked and does hold the Lease. SIGTERM
 * ends it.
 */
import { createClock } from "#platform/clock.ts";
import { createFiles } from "#platform/files.ts";
import { createRandom } from "#platform/random.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { findAccess } from "#kubernetes/api/find-access.ts";
import { createNodeTransport } from "#kubernetes/api/node-transport.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import {
  type ElectorTimings,
  LeaseElector,
  requestTimeout,
  type Term,
} from "#kubernetes/election/lease-elector.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** A third of the usual ones. */
export const TIMINGS: ElectorTimings = {
  leaseDuration: seconds(5),
  renewDeadline: milliseconds(3500),
  retryPeriod: milliseconds(700),
};

export interface Sign {
  /** Of a clock that all processes of the machine share, in milliseconds. */
  readonly at: number;
  readonly kind: "held" | "leader" | "leading" | "not-leading";
  readonly leader?: string | undefined;
  readonly transitions?: number | undefined;
}

if (import.meta.main) await run(process.argv.slice(2));

async function run([namespace = "", name = "", identity = ""]: readonly string[]): Promise<void> {
  const [clock, files] = [createClock(), createFiles()];
  const transport = createNodeTransport(await findAccess(process.env, files), { files, clock });
  const client = createKubernetesClient({
    transport,
    clock,
    purpose: "leader-election",
    timeout: requestTimeout(TIMINGS),
  });
  const elector = new LeaseElector({
    client,
    clock,
    random: createRandom(),
    log: new MemoryLog(),
    place: { namespace, name },
    identity,
    timings: TIMINGS,
    lead,
    onLeader: (leader) => tell({ kind: "leader", leader }),
  });
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  await elector.run(stop.signal);
  transport.close();
}

/** Says all the time that it leads, as a leader does that writes. */
async function lead(term: Term): Promise<void> {
  const { transitions } = term.id;
  tell({ kind: "leading", transitions });
  while (!term.signal.aborted) {
    if (term.isHeld()) tell({ kind: "held", transitions });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  tell({ kind: "not-leading", transitions });
}

function tell(sign: Omit<Sign, "at">): void {
  const at = Math.round(performance.timeOrigin + performance.now());
  console.log(JSON.stringify({ at, ...sign }));
}
