import type { Episode } from "#core/store.ts";

/**
 * Episodes of one family with their ends: each lasts until the next one begins.
 *
 * @param episodes in the order in which they were begun; their own `until` does not count
 * @returns those that reach into the time since then
 */
export function timeline(episodes: readonly Episode[], since: Date): readonly Episode[] {
  const all = episodes.map((episode, index) => endedBy(episodes[index + 1], episode));
  return all.filter(({ until }) => !until || until > since);
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
