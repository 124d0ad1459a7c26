import { Child, type Finished, run } from "../child.ts";
import { until } from "../until.ts";

/** A Kubernetes object before it is written. */
export type Manifest = Readonly<Record<string, unknown>>;

export interface Environment {
  /** Brings a program to where the API server is reachable; empty when that is here. */
  readonly via: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A cluster as its administrator sees it. */
export class Kubectl {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Any program (kubectl, helm, …) with KUBECONFIG and PATH set, to its end. */
  run(argv: readonly string[], input = ""): Promise<Finished> {
    const { via, env } = this.#environment;
    return run([...via, "/usr/bin/env", ...argv], { env, input });
  }

  /** The same without waiting for its end. */
  start(argv: readonly string[]): Child {
    const { via, env } = this.#environment;
    return new Child([...via, "/usr/bin/env", ...argv], { env });
  }

  /** As {@link Kubectl.run}, for what has to succeed. @returns what it printed */
  async runWell(argv: readonly string[], input = ""): Promise<string> {
    const { status, stdout, stderr } = await this.run(argv, input);
    if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  /** @returns what it printed */
  kubectl(...words: readonly string[]): Promise<string> {
    return this.runWell(["kubectl", ...words]);
  }

  /** Server-side, and taking over whatever others have. */
  async apply(...objects: readonly Manifest[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    const words = ["kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-"];
    await this.runWell(words, JSON.stringify(list));
  }

  /** `kubectl … -o json`, e.g. `json("get", "pods", "-n", "ddns")`. */
  async json(...words: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl(...words, "-o", "json"));
  }

  /** Part of an object; empty where there is none. @param path e.g. `{.data.current_ip}` */
  async field(path: string, ...words: readonly string[]): Promise<string> {
    const argv = ["kubectl", "get", "--ignore-not-found", ...words, "-o", `jsonpath=${path}`];
    return this.runWell(argv);
  }

  /** Waits until a part of an object is as wanted. */
  untilField(
    path: string,
    words: readonly string[],
    isWanted: (value: string) => boolean,
    within?: number,
  ): Promise<string> {
    const look = async () => {
      const value = await this.field(path, ...words);
      return isWanted(value) ? value : undefined;
    };
    return until(`${path} of ${words.join(" ")}`, look, within);
  }
}
