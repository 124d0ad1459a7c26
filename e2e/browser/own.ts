import { onTestFinished } from "vitest";
import { DaemonDashboard } from "../daemon-dashboard.ts";
import { type Config, Lab } from "../lab.ts";
import { LabDashboard } from "./lab-dashboard.ts";

/** A lab that one test alone makes trouble in. It outlives the pages that look at it. */
export async function ownLab(): Promise<LabDashboard> {
  const own = await LabDashboard.start();
  onTestFinished(() => own[Symbol.asyncDispose]());
  return own;
}

/**
 * A daemon for one test, which outlives the pages that look at it.
 *
 * @param prepare before it starts
 */
export async function ownDashboard(sections: Config = {}, prepare: (lab: Lab) => void = () => {}) {
  const lab = await Lab.start();
  onTestFinished(() => lab[Symbol.asyncDispose]());
  prepare(lab);
  const dashboard = await DaemonDashboard.start(lab, sections);
  onTestFinished(() => dashboard[Symbol.asyncDispose]());
  await lab.follows();
  return { lab, dashboard };
}
