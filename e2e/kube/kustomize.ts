import { cpSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Scratch } from "../scratch.ts";
import type { Kubectl } from "./kubectl.ts";
import { kubeProgram } from "./programs.ts";
import { parseRendered, type Rendered } from "./rendered.ts";
import { run } from "../child.ts";
import { until } from "../until.ts";

export const ROOT = path.resolve(import.meta.dirname, "../..");
export const K8S = path.join(ROOT, "k8s");

/** Every folder below `folder` that kustomize can build or take in. */
export function kustomizations(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === "kustomization.yaml")
    .map((file) => path.dirname(file))
    .toSorted();
}

/** What `kubectl kustomize` makes of a folder. A warning, of a deprecated field for one, is an error here. */
export async function build(folder: string): Promise<readonly Rendered[]> {
  const { status, stdout, stderr } = await run([kubeProgram("kubectl"), "kustomize", folder]);
  if (status !== 0 || stderr !== "") throw new Error(`kubectl kustomize ${folder}: ${status} ${stderr}`);
  return parseRendered(stdout);
}

/** What can be applied as it is, and its namespace. */
export const NAMESPACES: Readonly<Record<string, string>> = {
  base: "esddns-system",
  "overlays/development": "esddns-dev",
  "overlays/production": "esddns",
};

/** An overlay as a user writes one: what is ours, and components of ours. */
export interface Choice {
  readonly over: string;
  readonly components: readonly string[];
  /** Further lines of its kustomization.yaml. */
  readonly more?: string;
}

/** Writes it beside a copy of k8s/. @returns its folder */
export function writeOverlay(scratch: Scratch, { over, components, more = "" }: Choice): string {
  cpSync(K8S, scratch.at("k8s"), { recursive: true });
  mkdirSync(scratch.at("k8s", "own"), { recursive: true });
  const lines = [
    `namespace: ${NAMESPACES[over] ?? ""}`,
    `resources: [../${over}]`,
    `components: [${components.map((name) => `../components/${name}`).join(", ")}]`,
    more,
  ];
  scratch.write("k8s/own/kustomization.yaml", `${lines.join("\n")}\n`);
  return scratch.at("k8s", "own");
}

/** Server-side: unknown fields, types, rules of CRDs and Pod Security. @returns the warnings; fails when it is refused */
export async function dryRun(cluster: Kubectl, objects: readonly Rendered[]): Promise<string> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const words = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
  const { status, stdout, stderr } = await cluster.run(["kubectl", ...words], list);
  if (status !== 0) throw new Error(`The API server refuses it: ${stdout}${stderr}`);
  return stderr;
}

/** A namespace in which only pods of the standard `restricted` are let in, and workloads of others earn a warning. */
export function restrictedNamespace(name: string) {
  const labels = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export async function installDefinitions(cluster: Kubectl, ...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const crds = path.join(import.meta.dirname, "crds", folder);
    await cluster.kubectl("apply", "--server-side", "-f", crds);
  }
  // One that was made this very moment has no conditions yet, which kubectl takes for an error
  const wait = ["kubectl", "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
  await until("the definitions", async () => (await cluster.run(wait)).status === 0, 60_000);
}
