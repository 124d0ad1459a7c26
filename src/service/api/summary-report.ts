import type { z } from "zod";
import type { Archive } from "#core/store.ts";
import type { summary as summarySchema } from "#service/api/schemas/state.ts";
import type { FamilyState, State } from "#state/state.ts";
import { familyLabel } from "#report/verdict.ts";

type Summary = z.output<typeof summarySchema>;

/** The least that a widget needs, with no level below. */
export function reportSummary(state: State, archive: Pick<Archive, "historyPage">): Summary {
  const { families, records, next } = state;
  const inSync = records.filter(({ condition }) => condition.kind === "in-sync").length;
  const isKnown = families.every(({ decided }) => decided?.verdict.kind === "known");
  const ok = isKnown && inSync === records.length;
  const [four, six] = ([4, 6] as const).map((family) => families.find((each) => each.family === family));
  return {
    ok,
    status: ok ? "ok" : "trouble",
    message: describeAll(families, inSync, records.length),
    ipv4: four?.address?.text ?? null,
    ipv4Verdict: verdictOf(four),
    ipv4Since: four?.since?.toISOString() ?? null,
    ipv6: six?.address?.text ?? null,
    ipv6Verdict: verdictOf(six),
    ipv6Since: six?.since?.toISOString() ?? null,
    recordsInSync: inSync,
    recordsTotal: records.length,
    lastChange: lastChange(archive)?.toISOString() ?? null,
    nextRound: next.round?.toISOString() ?? null,
  };
}

/** As far as the latest lines of the history tell: behind a hundred failures it does not matter. */
function lastChange(archive: Pick<Archive, "historyPage">): Date | undefined {
  return archive.historyPage({ limit: 100 }).find(({ outcome }) => outcome === "applied")?.at;
}

function describeAll(families: readonly FamilyState[], inSync: number, total: number): string {
  const addresses = families.map(
    (each) => `${familyLabel(each.family)} ${each.address?.text ?? "none"}${reservation(each)}`,
  );
  return [...addresses, `${inSync} of ${total} records in sync`].join(", ");
}

function reservation(family: FamilyState): string {
  const kind = verdictOf(family);
  return kind === "known" ? "" : ` (${kind})`;
}

/** `unknown`: no round was over yet, or no record asks for the family. */
function verdictOf(family: FamilyState | undefined): Summary["ipv4Verdict"] {
  return family?.decided?.verdict.kind ?? "unknown";
}
