import { type DomainName, isWithin } from "#core/name.ts";
import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant } from "#core/units.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";

/** A zone of the account. `id` is how its API addresses it. */
export interface Zone {
  readonly name: DomainName;
  readonly id: string;
}

/** The zones of an account, looked up once and remembered. */
export interface Zones<Z extends Zone> {
  /**
   * The zone of each name: the longest suffix that the account holds, or why there is none.
   *
   * @throws what listing throws
   */
  find(names: readonly DomainName[], signal: AbortSignal): Promise<(name: DomainName) => Z | AnswerError>;
  /** The next search lists anew, because a zone turned out to be gone. */
  forget(): void;
}

const MAX_AGE = 3_600_000;
const SHOWN_ZONES = 5;

/** @param list every zone that the credentials can see */
export function createZones<Z extends Zone>(
  title: string,
  clock: Clock,
  list: (signal: AbortSignal) => Promise<readonly Z[]>,
): Zones<Z> {
  let known: { readonly zones: readonly Z[]; readonly at: Instant } | undefined;
  return {
    async find(names, signal) {
      const isFresh = known !== undefined && elapsed(known.at, clock.now()) < MAX_AGE;
      const cached = known?.zones ?? [];
      // A name that has no zone may belong to one that was added since
      const isComplete = isFresh && names.every((name) => longestSuffix(name, cached) !== undefined);
      const zones = isComplete ? cached : await list(signal);
      if (!isComplete) known = { zones, at: clock.now() };
      return (name) => longestSuffix(name, zones) ?? noZone(title, name, zones);
    },
    forget() {
      known = undefined;
    },
  };
}

function longestSuffix<Z extends Zone>(name: DomainName, zones: readonly Z[]): Z | undefined {
  return zones
    .filter((zone) => isWithin(name, zone.name))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

function noZone(title: string, name: DomainName, zones: readonly Zone[]): AnswerError {
  const shown = zones.slice(0, SHOWN_ZONES).map((zone) => zone.name);
  const more = zones.length > shown.length ? ` and ${zones.length - shown.length} more` : "";
  const held = shown.length > 0 ? `shows ${shown.join(", ")}${more}` : "shows no zone at all";
  const words = `no zone for ${name}: ${title} ${held} to these credentials`;
  return new AnswerError(`Cannot find the zone of "${name}": ${title} ${held} to these credentials`, {
    code: "not-found",
    words,
    hint: `check the name, and that the credentials may see its zone at ${title}`,
  });
}
