import type { MomentFormat } from "#service/assets/moments.js";
import { moment } from "#service/pages/components/moment.ts";
import { html, type Html } from "#service/pages/html.ts";

interface Segment {
  readonly kind: string;
  readonly label: string;
  readonly words: string;
  readonly from: Date;
  readonly isNow: boolean;
  /** Per cent of the band. */
  readonly x: number;
  readonly width: number;
}

/** A gap of seconds in a day of hours still has to be seen. */
const THINNEST = 0.4;

/** A span of time, and how the address stood in it. Proportions are attributes: pages carry no styles. */
export function band(segments: readonly Segment[], now: Date): Html {
  // What is thin and drawn wider must not vanish below its neighbour
  const inOrder = segments.toSorted((a, b) => Number(isGap(a)) - Number(isGap(b)));
  return html`<svg class="band" aria-hidden="true">${inOrder.map(piece)}</svg>
    <ol class="hidden">
      ${segments.map(({ words, from }) => html`<li>${words}, from ${moment(from, now)}</li>`)}
    </ol>`;
}

function piece(segment: Segment): Html {
  const { kind, label, words, isNow, x, width } = segment;
  const wide = Math.max(THINNEST, width);
  const left = Math.min(x, 100 - wide);
  return html`<g class="${kind}${isNow && " now"}">
    <title>${words}</title>
    <rect class="held" x="${left}%" width="${wide}%" height="100%" />
    ${isGap(segment) && html`<rect x="${left}%" width="${wide}%" height="100%" fill="url(#${segment.kind === "unwatched" ? "unwatched" : "hatch"})" />`}
    <rect class="edge" x="${left}%" width="3" height="100%" />
    ${
      width > 2 &&
      html`<foreignObject x="${left}%" width="${wide}%" height="100%">
        <div class="label"><span>${label}</span></div>
      </foreignObject>`
    }
  </g>`;
}

function isGap({ kind }: Segment): boolean {
  return kind !== "known";
}

/** What the gaps of every band on a page are filled with. */
export function hatching(): Html {
  return html`<svg class="hatching" width="0" height="0" aria-hidden="true">
    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path d="M0 0v7" />
    </pattern>
    <pattern id="unwatched" width="6" height="6" patternUnits="userSpaceOnUse">
      <circle cx="3" cy="3" r="0.9" />
    </pattern>
  </svg>`;
}

/** Five marks between two points in time. */
export function axis(from: Date, until: Date, now: Date, format: MomentFormat): Html {
  const span = until.getTime() - from.getTime();
  const ticks = [0, 0.25, 0.5, 0.75].map((share) => new Date(from.getTime() + span * share));
  return html`<div class="axis" aria-hidden="true">
    ${ticks.map((tick) => moment(tick, now, format))}<span>now</span>
  </div>`;
}
