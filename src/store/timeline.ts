import type { Episode } from "#core/store.ts";

/**
 * Episodes of one family with their ends: each lasts until the next one begins.
 *
 * @param episodes in the order in which they were begun, the later counts of two that begin at the same moment;
 *   their own `until` does not count
 * @returns those that reach into the time since then: from the one that had begun last by then
 */
export function timeline(episodes: readonly Episode[], since: Date): readonly Episode[] {
  const all = withoutReplaced(episodes);
  return all
    .map((episode, index) => endedBy(all[index + 1], episode))
    .slice(Math.max(0, indexOfLastBegun(all, since)));
}

function withoutReplaced(episodes: readonly Episode[]): readonly Episode[] {
  const lastIndex = new Map(episodes.map(({ from }, index) => [from.getTime(), index]));
  return episodes.filter(({ from }, index) => lastIndex.get(from.getTime()) === index);
}

/** -1 when none had begun. */
function indexOfLastBegun(episodes: readonly Episode[], by: Date): number {
  const begun = episodes.map(({ from }) => (from <= by ? from.getTime() : Number.NEGATIVE_INFINITY));
  const last = begun.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return last === Number.NEGATIVE_INFINITY ? -1 : begun.indexOf(last);
}

/** A clock that was set back ends nothing before it began. */
function endedBy(next: Episode | undefined, { family, kind, address, from }: Episode): Episode {
  return {
    family,
    kind,
    from,
    ...(address && { address }),
    ...(next && { until: next.from > from ? next.from : from }),
  };
}
