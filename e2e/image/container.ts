import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { z } from "zod";
import { atExit } from "../at-exit.ts";
import { Child, type Exit, type Finished, run } from "../child.ts";
import { peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import { type ContainerOptions, runtimeSpec } from "./runtime-spec.ts";
import type { Unpacked } from "./unpacked.ts";

let started = 0;

/** A container of the image, run by runc as containerd and Docker run it. */
export class Container implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly #id = `esddns-test-${process.pid}-${(started += 1)}`;
  readonly #forget = atExit(() => this.#remove());
  readonly child: Child;

  constructor(image: Unpacked, options: ContainerOptions) {
    mkdirSync(this.#scratch.at("bundle"));
    const spec = runtimeSpec(image.root, image.configuration.config, options);
    this.#scratch.write("bundle/config.json", JSON.stringify(spec));
    this.child = new Child(this.#runc("run", "--bundle", this.#scratch.at("bundle"), this.#id));
  }

  /** Its first process, as the host sees it. */
  get pid(): number {
    const state = execFileSync(...this.#command("state", this.#id), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return z.object({ pid: z.number() }).parse(JSON.parse(state)).pid;
  }

  /** One more process in it, as `docker exec` starts one: nothing is given but its words. */
  exec(words: readonly string[]): Promise<Finished> {
    return run(this.#runc("exec", this.#id, ...words));
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    execFileSync(...this.#command("kill", this.#id, signal));
    return this.child.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    this.#remove();
    await this.child[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }

  #remove(): void {
    try {
      execFileSync(...this.#command("delete", "--force", this.#id), { stdio: "ignore" });
    } catch {
      // It has ended, and is gone
    }
  }

  #command(...words: readonly string[]): [string, readonly string[]] {
    const [runc = "", ...rest] = this.#runc(...words);
    return [runc, rest];
  }

  #runc(...words: readonly string[]): readonly string[] {
    return [peerPath("runc"), "--root", this.#scratch.at("state"), ...words];
  }
}

/** Runs one command to its end. */
export async function inContainer(
  image: Unpacked,
  words: readonly string[],
  options: ContainerOptions & { readonly input?: string } = {},
): Promise<Finished> {
  await using container = new Container(image, { ...options, words });
  container.child.stdin.end(options.input ?? "");
  return await container.child.finished();
}
