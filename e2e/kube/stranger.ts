import { pause } from "../until.ts";
import type { Scene } from "./scene.ts";

const RENEWS = 3000;

/** Somebody who is none of ours and holds the Lease. */
export class Stranger implements AsyncDisposable {
  readonly name = "stranger";
  readonly #scene: Scene;
  readonly #end = new AbortController();
  #renewing: Promise<void> = Promise.resolve();

  private constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** And renews it. */
  static async takes(scene: Scene): Promise<Stranger> {
    const stranger = new Stranger(scene);
    await stranger.#renew();
    stranger.#renewing = stranger.#keep();
    return stranger;
  }

  /** Leaves it, to run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#renewing;
  }

  async #keep(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await pause(RENEWS);
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    const spec = { holderIdentity: this.name, leaseDurationSeconds: 15, renewTime };
    const patch = JSON.stringify({ spec });
    await this.#scene.kubectl("patch", "lease", "esddns-leader", "--type=merge", "-p", patch);
  }
}
