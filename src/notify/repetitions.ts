import { type Instant, instant } from "#core/units.ts";
import type { Happening, HappeningKind } from "#state/happening.ts";

const HOUR = 3_600_000;
/** The turns of a topic within an hour after which it counts as flapping. */
const MOST_TURNS = 5;

interface Topic {
  last: { readonly kind: HappeningKind; readonly title: string; readonly at: Instant };
  /** When it took a turn, within the last hour. */
  turns: Instant[];
  /** Since when nothing was said, what came since, and how often. */
  flapping: { since: Instant; turns: number; latest: Happening | undefined } | undefined;
}

/**
 * What is worth saying of happenings that come again and again. Those that contradict each other (a record fails
 * and recovers, an address is disputed and settles) are turns of one topic, so that the last word said is never
 * the opposite of how it is for longer than an hour.
 *
 *   flapping | the same as the last of its topic, | its turn within | what becomes of it
 *            | less than an hour ago              | the hour        |
 *   ---------+------------------------------------+-----------------+---------------------------------------------
 *   any      | yes                                |                 | nothing: it is known
 *   no       | no                                 | 1st to 4th      | told
 *   no       | no                                 | 5th             | told, with a note; the topic is flapping now
 *   yes      | no                                 |                 | held; each hour the latest is told, and how
 *            |                                    |                 | many there were; an hour without one ends it
 */
export class Repetitions {
  readonly #topics = new Map<string, Topic>();

  /** What to tell now: the happening, perhaps with a note, or nothing. */
  hear(happening: Happening, now: Instant): Happening | undefined {
    this.#forget(now);
    const { kind, title } = happening;
    const key = topicOf(happening);
    const topic = this.#topics.get(key);
    if (topic && topic.last.kind === kind && topic.last.title === title && now - topic.last.at < HOUR) {
      return undefined;
    }
    const last = { kind, title, at: now };
    if (!topic) {
      this.#topics.set(key, { last, turns: [now], flapping: undefined });
      return happening;
    }
    topic.last = last;
    return takeTurn(topic, happening, now);
  }

  /** What to tell of topics that have been flapping for an hour, now that it is over. */
  sumUp(now: Instant): readonly Happening[] {
    return [...this.#topics.values()].flatMap((topic) => {
      const { flapping } = topic;
      if (!flapping || now - flapping.since < HOUR) return [];
      const { latest, turns } = flapping;
      if (!latest) {
        topic.flapping = undefined;
        topic.turns = [];
        return [];
      }
      topic.flapping = { since: now, turns: 0, latest: undefined };
      return [withNote(latest, `${turns} more ${turns === 1 ? "turn" : "turns"} within the hour`)];
    });
  }

  /** When {@link Repetitions.sumUp} has something to do next. */
  get due(): Instant | undefined {
    const since = [...this.#topics.values()].flatMap(({ flapping }) => (flapping ? [flapping.since] : []));
    return since.length === 0 ? undefined : instant(Math.min(...since) + HOUR);
  }

  #forget(now: Instant): void {
    for (const [key, { last, flapping }] of this.#topics) {
      if (!flapping && now - last.at >= HOUR) this.#topics.delete(key);
    }
  }
}

function takeTurn(topic: Topic, happening: Happening, now: Instant): Happening | undefined {
  if (topic.flapping) {
    topic.flapping.turns += 1;
    topic.flapping.latest = happening;
    return undefined;
  }
  topic.turns = [...topic.turns.filter((at) => now - at < HOUR), now];
  if (topic.turns.length < MOST_TURNS) return happening;
  topic.flapping = { since: now, turns: 0, latest: undefined };
  return withNote(
    happening,
    `it goes back and forth, ${MOST_TURNS} times within the hour; from now on this is summed up hourly`,
  );
}

function withNote(happening: Happening, note: string): Happening {
  const { detail } = happening;
  return { ...happening, detail: detail === undefined ? note : `${detail}; ${note}` };
}

function topicOf({ kind, record, provider, witness, family }: Happening): string {
  const theme = themeOf(kind);
  const subject = theme === "address" ? family : (record ?? witness ?? provider);
  return `${theme} ${subject ?? ""}`;
}

function themeOf(kind: HappeningKind): string {
  switch (kind) {
    case "address-changed":
    case "address-disputed":
    case "address-lost":
    case "address-settled":
      return "address";
    case "record-failed":
    case "record-recovered":
      return "health";
    case "witness-differs":
    case "witness-quarantined":
    case "witness-released":
      return "witness";
    case "credentials-refused":
    case "record-changed":
    case "token-expiring":
      return kind;
  }
}
