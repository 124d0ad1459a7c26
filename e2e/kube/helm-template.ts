import path from "node:path";
import { run } from "../child.ts";
import { ROOT } from "./kustomize.ts";
import { kubeProgram } from "./programs.ts";
import { parseRendered, type Rendered } from "./rendered.ts";

export const CHART = path.join(ROOT, "helm/esddns-operator");

/** As on a cluster with the prometheus-operator. */
const APIS = ["PodMonitor", "ServiceMonitor", "PrometheusRule"].flatMap((kind) => [
  "--api-versions",
  `monitoring.coreos.com/v1/${kind}`,
]);

/** @param words e.g. `--set`, `--values` */
export async function helmTemplate(
  release: string,
  namespace: string,
  words: readonly string[],
): Promise<readonly Rendered[]> {
  const argv = [kubeProgram("helm"), "template", release, CHART, "--namespace", namespace, "--skip-tests"];
  const { status, stdout, stderr } = await run([...argv, ...APIS, ...words]);
  if (status !== 0) throw new Error(stderr);
  return parseRendered(stdout);
}
