import { chmodSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { BARE_ENVIRONMENT, Child, type Finished, run } from "../child.ts";
import type { Scratch } from "../scratch.ts";
import type { Cluster } from "./cluster.ts";
import { ROOT } from "./kustomize.ts";
import { KUBE_BIN } from "./programs.ts";

/** Notes how it was called, with which environment, and does what it is for. */
const RECORDER = `#!/usr/bin/env bash
{ printf '%s\\n' "$0" "$@"; env; } >>"$RECORD"
[[ $1 != exec || -z $ON_EXEC ]] || exec $ON_EXEC
exec "$PROGRAM_FOLDER/\${0##*/}" "$@"
`;

export interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Scripts of ours as a user runs them, with everything that they start on record. */
export class ShellScripts {
  readonly #scratch: Scratch;
  readonly #env: Readonly<Record<string, string>>;

  /** @param cluster absent: none is to be reached */
  constructor(scratch: Scratch, cluster?: Cluster) {
    this.#scratch = scratch;
    for (const name of ["kubectl", "helm"]) chmodSync(scratch.write(name, RECORDER), 0o755);
    this.#env = {
      ...BARE_ENVIRONMENT,
      PATH: `${scratch.folder}:${BARE_ENVIRONMENT["PATH"]}`,
      HOME: scratch.folder,
      KUBECONFIG: cluster?.kubeconfig ?? scratch.write("no-cluster.yaml", NOWHERE),
      KUBERC: "off",
      PROGRAM_FOLDER: KUBE_BIN,
      ON_EXEC: "",
      RECORD: scratch.at("record"),
    };
  }

  /** Without a terminal. @param file below the repository's root */
  run(
    file: string,
    words: readonly string[] = [],
    { env = {}, input }: ScriptOptions = {},
  ): Promise<Finished> {
    const argv = [path.join(ROOT, file), ...words];
    return run(argv, { env: { ...this.#env, ...env }, ...(input === undefined ? {} : { input }) });
  }

  /** As {@link ShellScripts.run}, for what has to succeed. @returns what it told */
  async runWell(file: string, words: readonly string[] = [], options: ScriptOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(file, words, options);
    if (status !== 0) throw new Error(`${file} ${words.join(" ")} ended with ${status}: ${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  }

  /**
   * At a terminal.
   *
   * @param dialogue what it asks, and what is typed then
   * @returns with all that is to be seen there
   */
  async atTerminal(
    file: string,
    words: readonly string[],
    dialogue: readonly (readonly [question: string, answer: string])[],
  ): Promise<Finished> {
    const command = [path.join(ROOT, file), ...words].join(" ");
    await using child = new Child(["/usr/bin/script", "-qec", command, "/dev/null"], { env: this.#env });
    for (const [question, answer] of dialogue) {
      await child.until(`the question "${question}"`, () => child.stdout.endsWith(question));
      child.stdin.write(`${answer}\n`);
    }
    return await child.finished();
  }

  /** Whether a kubectl or Helm had it among its arguments or in its environment. */
  hasShown(secret: string): boolean {
    return this.record.includes(secret);
  }

  /** Arguments and environment of every program it has run. */
  get record(): string {
    const file = this.#scratch.at("record");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}

const NOWHERE = `apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
clusters: [{ name: nowhere, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: nobody, user: {} }]
`;

export const SCRIPTS = [
  "k8s/deploy.sh",
  "k8s/deploy-metallb.sh",
  "helm/quick-install.sh",
  "helm/publish.sh",
  "argocd/bootstrap/argocd-setup.sh",
];
