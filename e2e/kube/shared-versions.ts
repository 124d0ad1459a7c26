import type { Child } from "../child.ts";
import { NAMESPACE } from "./install-chart.ts";
import type { Installation } from "./installation.ts";

/** The ConfigMap. */
export const SHARED = "esddns-wan-ip";

/** Every version of the shared address from now on: one after the other, one of its keys. */
export class SharedVersions implements AsyncDisposable {
  readonly #child: Child;

  constructor({ nodes }: Installation, key: string) {
    const words = [
      "get",
      "configmap",
      SHARED,
      "-n",
      NAMESPACE,
      "--watch",
      "-o",
      `jsonpath={.data.${key}}{"\\n"}`,
    ];
    this.#child = nodes.start(["kubectl", ...words]);
  }

  /** Waits for one, which may have lasted for a moment only. */
  async until(what: string, isWanted: (value: string) => boolean, within?: number): Promise<void> {
    await this.#child.until(what, () => this.#child.stdout.split("\n").some(isWanted), within);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
