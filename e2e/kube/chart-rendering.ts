import { readdirSync } from "node:fs";
import path from "node:path";
import { type Finished, run } from "../child.ts";
import { CHART } from "./helm-template.ts";
import { kubeProgram } from "./programs.ts";
import { parseRendered, type Rendered } from "./rendered.ts";

/** What every rendering needs of somebody: an account, and a record. */
export const WITH_GANDI: readonly string[] = ["--set", "gandi.existingSecret.name=esddns-gandi"];
export const WITH_RECORD: readonly string[] = ["--set", "global.domain=example.org"];
export const MINIMAL: readonly string[] = [...WITH_GANDI, ...WITH_RECORD];

const DEFINITIONS = [
  "gateway.networking.k8s.io/v1/HTTPRoute",
  "monitoring.coreos.com/v1/PodMonitor",
  "monitoring.coreos.com/v1/PrometheusRule",
  "monitoring.coreos.com/v1/ServiceMonitor",
];

/** Every values file that comes with the chart, with what else it needs: the presets leave account and record open. */
export function valuesFiles(): ReadonlyMap<string, readonly string[]> {
  const inFolder = (folder: string) =>
    readdirSync(path.join(CHART, folder))
      .filter((name) => /^(?:values|.+-values|values-.+)\.yaml$/.test(name))
      .map((name) => path.join(folder, name));
  return new Map<string, readonly string[]>([
    ...inFolder("").map((name) => [name, MINIMAL] as const),
    ...inFolder("ci").map((name) => [name, []] as const),
  ]);
}

export interface Release {
  readonly name?: string;
  readonly namespace?: string;
  /** Another chart. */
  readonly chart?: string;
}

/** `helm template` in the chart's folder, as for a cluster that has every definition. */
export function template(words: readonly string[], release: Release = {}): Promise<Finished> {
  const apis = DEFINITIONS.flatMap((api) => ["--api-versions", api]);
  return templateWithout([...apis, ...words], release);
}

/** The same for a cluster that has no definitions of others. */
export function templateWithout(
  words: readonly string[],
  { name = "esddns-operator", namespace = "esddns-system", chart = CHART }: Release = {},
): Promise<Finished> {
  const argv = [kubeProgram("helm"), "template", name, chart, "--namespace", namespace];
  return run([...argv, ...words], { cwd: CHART });
}

/** @throws {Error} (rejects) when Helm refuses it, with its words */
export async function render(words: readonly string[], release?: Release): Promise<readonly Rendered[]> {
  const { status, stdout, stderr } = await template(words, release);
  if (status !== 0) throw new Error(`helm template ended with ${status}: ${stderr}`);
  return parseRendered(stdout);
}
