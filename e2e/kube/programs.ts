/** The programs of a real Kubernetes, built by `tools/build.sh` and `tools/build-nodes.sh`. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { missing, notRoot } from "../require-peer.ts";

const TOOLS = path.join(import.meta.dirname, "tools");

/** As the scripts find it. */
export const KUBE_BIN: string =
  process.env["KUBE_BIN"] ??
  path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "esddns-kube", version());

/** Of one of our scripts. */
export function tool(name: string): string {
  return path.join(TOOLS, name);
}

export function kubeProgram(name: string): string {
  return path.join(KUBE_BIN, name);
}

/** For `describe.skipIf`: why no cluster can be started here, or `false`. With `CI=true` that is no excuse. */
export function noCluster(): false | string {
  return notBuilt("kube-apiserver", "etcd", "kubectl");
}

/** The same for nodes that run containers. */
export function noNodes(): false | string {
  return (
    notBuilt("kube-apiserver", "kubelet", "containerd") ||
    missing("runc", "nft", "ip", "openssl") ||
    notRoot()
  );
}

function notBuilt(...names: readonly string[]): false | string {
  const absent = names.filter((name) => !existsSync(kubeProgram(name)));
  if (absent.length === 0 || process.env["CI"] === "true") return false;
  console.warn(`Skipped, not in ${KUBE_BIN}: ${absent.join(", ")} (npm run test:kube builds them with Go)`);
  return `not built: ${absent.join(", ")}`;
}

function version(): string {
  const text = readFileSync(path.join(TOOLS, "gomod/kubernetes/go.mod"), "utf8");
  return /k8s\.io\/kubernetes (v\S+)/.exec(text)?.[1] ?? "";
}
