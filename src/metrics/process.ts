import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { VERSION } from "#core/version.ts";
import { PROCESS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";

/**
 * In milliseconds. Each look is a wake-up: every 20 ms they cost 35 ms of processor time in 10 s, at this one 1 ms.
 * A loop that stands still for longer is always seen, one for less only now and then.
 */
const RESOLUTION = 500;

/** Not prom-client's default metrics: they wake up every 10 ms, which takes 60 ms of processor time in 10 s. */
export function watchProcess(
  instruments: Instruments,
  storeSize: () => number | undefined,
): { readonly close: () => void } {
  const startedAt = Date.now() / 1000 - process.uptime();
  const optional = (value: number | undefined) => (value === undefined ? [] : [[{}, value] as const]);
  instruments.gauge(PROCESS.build, () => [[{ version: VERSION, node: process.versions.node }, 1]]);
  instruments.gauge(PROCESS.start, () => [[{}, startedAt]]);
  instruments.gauge(PROCESS.storeSize, () => optional(storeSize()));
  instruments.gauge(PROCESS.resident, () => [[{}, process.memoryUsage.rss()]]);
  instruments.gauge(PROCESS.heapUsed, () => [[{}, process.memoryUsage().heapUsed]]);
  instruments.gauge(PROCESS.openFiles, () => optional(openFiles()));
  instruments.totals(PROCESS.cpu, () => [[{}, processorSeconds()]]);
  return watchLag(instruments);
}

function watchLag(instruments: Instruments): { readonly close: () => void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  // What is measured is the time between two looks
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000);
  const sample = (value: () => number) => () => (delay.count > 0 ? [[{}, seconds(value())] as const] : []);
  instruments.gauge(
    PROCESS.lagMedian,
    sample(() => delay.percentile(50)),
  );
  instruments.gauge(
    PROCESS.lagP99,
    sample(() => delay.percentile(99)),
  );
  instruments.gauge(PROCESS.lagMax, () => {
    const longest = sample(() => delay.max)();
    delay.reset();
    return longest;
  });
  return { close: () => void delay.disable() };
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Without the one that the look itself takes. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
