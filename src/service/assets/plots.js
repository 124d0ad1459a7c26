// Round trips and agreement on the axis of time of the band above them. Ink for all, the accent for the one that is
// looked at; what stands in the page in numbers stays the form for those who do not see.
import { sayMoment } from "./moments.js";
import uPlot from "./uplot.js";

const thin = { width: 1.25, points: { show: false, filter: alone, size: 4 } };
const agreement = { ...thin, width: 1.5, stroke: () => colour("--accent"), label: "agree" };
const answered = { ...thin, stroke: () => colour("--soft"), dash: [3, 3], label: "answer" };

/** Of the axis with the numbers, in pixels: the band above leaves as much (`.lane` in style.css). */
const GUTTER = 52;
const AGAIN = 5 * 60_000;

function plotsIn(place) {
  const find = (selector) => place.querySelector(selector);
  const readouts = new Map(
    [...place.querySelectorAll("[data-readout]")].map((each) => [each.dataset.readout, each]),
  );
  const buttons = [...place.querySelectorAll("[data-operator]")];
  let data;
  let charts = [];
  /** The operator that is looked at, and whether a click keeps it so. */
  let looked;
  let isKept = false;

  for (const button of buttons) {
    const name = button.dataset.operator;
    button.addEventListener("pointerenter", () => isKept || look(name));
    button.addEventListener("pointerleave", () => isKept || look(undefined));
    button.addEventListener("click", () => {
      isKept = !(isKept && looked === name);
      look(isKept ? name : undefined);
    });
  }
  new ResizeObserver(([{ contentRect }]) => {
    for (const chart of charts) chart.setSize({ width: contentRect.width, height: chart.height });
  }).observe(place);
  return { load, redraw: () => charts.forEach((chart) => chart.redraw()) };

  async function load() {
    try {
      const answer = await fetch(place.dataset.plots, { headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
      draw();
    } catch {
      // What is drawn stays; the next attempt follows by itself
      place.dataset.state = charts.length > 0 ? "stale" : "failed";
    }
  }

  function draw() {
    for (const chart of charts) chart.destroy();
    const values = data.operators.map((each) => each.values);
    charts = [
      chart("round-trip", [data.times, ...values], data.operators.map(roundTripSeries), {
        range: (_, __, most) => [0, Math.max(10, most * 1.1)],
        say: (value) => `${value} ms`,
      }),
      chart("agreement", [data.times, data.answered, data.agreement], [answered, agreement], {
        range: () => [0, 105],
        say: (value) => `${value} %`,
        splits: [0, 50, 100],
      }),
    ];
    place.dataset.state = "drawn";
    tell(undefined);
  }

  function chart(name, columns, series, { range, say, splits }) {
    const at = find(`[data-plot="${name}"]`);
    return new uPlot(
      {
        width: place.clientWidth,
        height: at.clientHeight,
        padding: [6, 0, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: place.dataset.plots },
          drag: { x: false, y: false, setScale: false },
          focus: { prox: 12 },
          points: { size: 5 },
        },
        focus: { alpha: 1 },
        scales: { x: { range: () => [data.from, data.until] }, y: { range } },
        axes: [
          timeAxis(name === "agreement" ? hasRoom : undefined),
          {
            ...lines(),
            size: GUTTER,
            values: (_, ticks) => ticks.map(say),
            space: 28,
            ...(splits && { splits: () => splits }),
          },
        ],
        series: [{}, ...series],
        hooks: { setCursor: [({ cursor }) => tell(cursor.idx)], setSeries: [near] },
      },
      columns,
      at,
    );
  }

  /** Half of its words would be cut off at either end. */
  function hasRoom(seconds) {
    const width = place.clientWidth - GUTTER;
    const at = (width * (seconds - data.from)) / (data.until - data.from);
    return at > 16 && at < width - 16;
  }

  function roundTripSeries({ name }) {
    const stroke = () => (name === looked ? colour("--accent") : colour(looked ? "--line" : "--soft"));
    return { ...thin, points: { ...thin.points, stroke, fill: stroke }, label: name, stroke };
  }

  function near(chart, index) {
    if (isKept || index === null || chart !== charts[0]) return;
    look(data.operators[index - 1]?.name);
  }

  function look(name) {
    if (looked === name) return;
    looked = name;
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.operator === name));
    charts[0]?.redraw();
  }

  /** The numbers of one step; the latest that there are when none is pointed at. */
  function tell(index) {
    const at = (values) =>
      typeof index === "number" ? values[index] : values.findLast((value) => value !== null);
    for (const { name, values } of data.operators) say(name, at(values), "ms");
    say("agreement", at(data.agreement), "%");
    say("answered", at(data.answered), "%");
    const time = typeof index === "number" ? new Date(data.times[index] * 1000) : undefined;
    readouts.get("time").textContent = time ? sayMoment("clock", time, new Date(), false) : "";
  }

  function say(name, value, unit) {
    const readout = readouts.get(name);
    if (readout) readout.textContent = typeof value === "number" ? `${Math.round(value)} ${unit}` : "–";
  }
}

/** A point that nothing joins to its neighbours would not be seen. */
function alone({ data }, index) {
  const values = data[index];
  return [...values.keys()].filter(
    (at) => values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null,
  );
}

function lines() {
  const line = { stroke: () => colour("--line"), width: 1 };
  return {
    stroke: () => colour("--soft"),
    font: "12px system-ui, sans-serif",
    grid: line,
    ticks: { show: false },
  };
}

/** The last plot says it for all, where there is room. */
function timeAxis(hasRoom) {
  return {
    ...lines(),
    size: hasRoom ? 26 : 4,
    space: 80,
    values: (_, ticks) => ticks.map((seconds) => (hasRoom?.(seconds) ? sayTick(seconds) : "")),
  };
}

function sayTick(seconds) {
  const at = new Date(seconds * 1000);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  if (!isMidnight) return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const plots = [...document.querySelectorAll("[data-plots]")].map(plotsIn);
for (const each of plots) void each.load();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  plots.forEach((each) => each.redraw()),
);
setInterval(() => {
  if (!document.hidden) for (const each of plots) void each.load();
}, AGAIN);
