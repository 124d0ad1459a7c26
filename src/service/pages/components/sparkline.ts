import { html, type Html } from "#service/pages/html.ts";

interface Point {
  readonly elapsed?: number | undefined;
  readonly agrees?: boolean | undefined;
}

const WIDTH = 112;
const HEIGHT = 20;
const EDGE = 3;

/** Nothing adds to a list of points: it is drawn once, and a page has dozens of them. */
const drawn = new WeakMap<readonly Point[], Html>();

/** Round trips, oldest first, above their own zero; a ring where there was no answer, a diamond where it differed. */
export function sparkline(points: readonly Point[]): Html | undefined {
  if (points.length < 2) return undefined;
  const made = drawn.get(points) ?? draw(points);
  drawn.set(points, made);
  return made;
}

function draw(points: readonly Point[]): Html {
  const times = points.flatMap(({ elapsed }) => (elapsed === undefined ? [] : [elapsed]));
  const most = Math.max(...times, 1);
  const step = (WIDTH - 2 * EDGE) / (points.length - 1);
  const at = (index: number, elapsed: number | undefined) => ({
    x: round(EDGE + index * step),
    y: round(HEIGHT - EDGE - ((elapsed ?? 0) / most) * (HEIGHT - 2 * EDGE)),
  });
  const lines = runsOf(points).map((run) =>
    run.map(({ index, elapsed }) => {
      const { x, y } = at(index, elapsed);
      return `${x},${y}`;
    }),
  );
  const words = describe(times, points.length);
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${words}">
    <title>${words}</title>
    ${lines.map((line) => line.length > 1 && html`<polyline points="${line.join(" ")}" />`)}
    ${points.map(({ elapsed, agrees }, index) => {
      const { x, y } = at(index, elapsed);
      if (elapsed === undefined) return html`<circle class="silent" cx="${x}" cy="${y}" r="1.75" />`;
      if (agrees === false) {
        return html`<path class="differs" d="M${x} ${round(y - 3.5)}l3.5 3.5-3.5 3.5-3.5-3.5Z" />`;
      }
      const isLast = index === points.length - 1;
      return isLast && html`<circle class="last" cx="${x}" cy="${y}" r="2" />`;
    })}
  </svg>`;
}

/** Answers in a row. */
function runsOf(points: readonly Point[]): readonly (readonly { index: number; elapsed: number }[])[] {
  const runs: { index: number; elapsed: number }[][] = [[]];
  for (const [index, { elapsed }] of points.entries()) {
    if (elapsed === undefined) runs.push([]);
    else runs.at(-1)?.push({ index, elapsed });
  }
  return runs;
}

function describe(times: readonly number[], asked: number): string {
  const answered = `${times.length} of ${asked} questions answered`;
  if (times.length === 0) return answered;
  return `${answered}, in ${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))} ms`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
