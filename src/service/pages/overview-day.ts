import type { Family } from "#core/address.ts";
import type { Archive, Episode } from "#core/store.ts";
import { describeSpan } from "#report/span.ts";
import { familyLabel } from "#report/verdict.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/** A day of which a minute is known would be an empty band: it grows with what there is to show. */
const SPANS = [
  { title: "The last 10 minutes", span: HOUR / 6 },
  { title: "The last hour", span: HOUR },
  { title: "The last 6 hours", span: 6 * HOUR },
] as const;
const WHOLE = { title: "The last 24 hours", span: DAY } as const;

/** One piece of the band. */
export interface Segment {
  readonly kind: Episode["kind"];
  /** The address, or why there is none. */
  readonly label: string;
  readonly from: Date;
  readonly until: Date;
  /** It lasts. */
  readonly isNow: boolean;
  /** In words, e.g. `203.0.113.12, for 12 hours`. */
  readonly words: string;
  /** Per cent of the band. */
  readonly x: number;
  readonly width: number;
}

export interface Band {
  readonly label: "IPv4" | "IPv6";
  readonly from: Date;
  readonly until: Date;
  readonly segments: readonly Segment[];
}

/** The latest past of every family, over the same span. */
export interface Day {
  readonly title: string;
  readonly bands: readonly Band[];
}

/** How each family stood within the last 24 hours. A family that has nothing to show has no band. */
export function dayOf(families: readonly Family[], archive: Pick<Archive, "episodes">, now: Date): Day {
  const shown = families
    .map((family) => ({ family, episodes: archive.episodes(family, new Date(now.getTime() - DAY)) }))
    .filter(({ episodes }) => episodes.some(({ kind }) => kind === "known"));
  const first = Math.min(...shown.flatMap(({ episodes }) => episodes.map(({ from }) => from.getTime())));
  const { title, span } = SPANS.find((each) => each.span >= now.getTime() - first) ?? WHOLE;
  const from = new Date(now.getTime() - span);
  const bands = shown.map(({ family, episodes }) => ({
    label: familyLabel(family),
    ...bandOf(episodes, from, now),
  }));
  return { title, bands };
}

/** @param episodes oldest first */
export function bandOf(episodes: readonly Episode[], from: Date, until: Date): Omit<Band, "label"> {
  const whole = until.getTime() - from.getTime();
  const share = (date: Date) => Math.round(((date.getTime() - from.getTime()) / whole) * 10_000) / 100;
  const segments = episodes.map((episode): Segment => {
    const begin = episode.from < from ? from : episode.from;
    const end = episode.until && episode.until < until ? episode.until : until;
    const label = labelOf(episode);
    const span = describeSpan(end.getTime() - episode.from.getTime());
    const x = share(begin);
    return {
      kind: episode.kind,
      label,
      from: begin,
      until: end,
      isNow: episode.until === undefined,
      words: `${label}, for ${span}`,
      x,
      width: Math.max(0, Math.round((share(end) - x) * 100) / 100),
    };
  });
  return { from, until, segments };
}

function labelOf({ kind, address }: Episode): string {
  switch (kind) {
    case "known":
      return address?.text ?? "known";
    case "disputed":
      return "disputed";
    case "unavailable":
      return "not known";
    case "unwatched":
      return "nobody was watching";
  }
}
