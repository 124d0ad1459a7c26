import { html, type Html } from "#service/pages/html.ts";

/** A shape for each way a thing can stand. The word beside it says the same; colour comes third. */
export type Mark =
  | "agrees"
  | "differs"
  | "failed"
  | "kept"
  | "ok"
  | "pending"
  | "quarantined"
  | "rejected"
  | "silent"
  | "undecided"
  | "unknown"
  | "unneeded"
  | "warning"
  | "withheld";

const DISC = html`<circle cx="8" cy="8" r="5.5" />`;
const RING = html`<circle cx="8" cy="8" r="4.75" class="hollow" />`;
const DIAMOND = html`<path d="M8 1.75 14.25 8 8 14.25 1.75 8Z" />`;
const HOLLOW_DIAMOND = html`<path d="M8 2.5 13.5 8 8 13.5 2.5 8Z" class="hollow" />`;
const CROSS = html`<path d="m3.5 3.5 9 9m0-9-9 9" class="stroke" />`;
const HALF = html`<circle cx="8" cy="8" r="4.75" class="hollow" /><path
    d="M8 3.25a4.75 4.75 0 0 1 0 9.5Z"
  />`;
const POINT = html`<circle cx="8" cy="8" r="2" />`;
const DOTTED = html`<circle cx="8" cy="8" r="4.75" class="hollow dotted" />`;
const BAR = html`<path d="M3 8h10" class="stroke" />`;

const SHAPES: Readonly<Record<Mark, Html>> = {
  agrees: DISC,
  ok: DISC,
  differs: DIAMOND,
  warning: DIAMOND,
  quarantined: HOLLOW_DIAMOND,
  withheld: HOLLOW_DIAMOND,
  failed: CROSS,
  rejected: CROSS,
  pending: HALF,
  silent: RING,
  kept: BAR,
  undecided: HALF,
  unknown: DOTTED,
  unneeded: POINT,
};

/** Says nothing to a screen reader: a word has to stand beside it. */
export function mark(kind: Mark): Html {
  return html`<svg class="mark ${kind}" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[kind]}</svg>`;
}

/** A shape and its word. */
export function stateWord(kind: Mark, word: Html | string): Html {
  return html`<span class="state"
    >${mark(kind)}${typeof word === "string" ? html`<span class="word">${word}</span>` : word}</span
  >`;
}
