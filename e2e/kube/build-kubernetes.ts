import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { missingGo, PATH_WITH_GO } from "../../scripts/go.ts";
import { KUBE_BIN, kubeProgram, tool } from "./programs.ts";

/**
 * Builds the Kubernetes that the tests of this project run against, once for all of them; what is there is kept. Where
 * it cannot be built, tests that need it are skipped, or with `CI=true` fail.
 */
export default function buildKubernetes(): void {
  const go = missingGo();
  if (go !== undefined) return console.warn(`Kubernetes is not built: it needs ${go}`);
  build("build.sh", "kube-apiserver", "control plane, kubectl and helm, about 8 minutes on two cores");
  // Nodes are for root alone
  if (process.getuid?.() === 0)
    build("build-nodes.sh", "kubelet", "nodes and MetalLB, about 8 minutes on two cores");
}

function build(script: string, sign: string, what: string): void {
  if (!existsSync(kubeProgram(sign))) console.log(`Building Kubernetes into ${KUBE_BIN}, once: ${what} …`);
  const { status } = spawnSync("bash", [tool(script), KUBE_BIN], {
    env: { ...process.env, PATH: PATH_WITH_GO },
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: the lines above say why`);
}
