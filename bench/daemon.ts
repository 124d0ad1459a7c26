import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { Child } from "../e2e/child.ts";
import type { World } from "./world.ts";

const entry = z.looseObject({ time: z.string(), message: z.string() });
export type Entry = z.output<typeof entry>;

/** The built daemon in the home, by what it logs. The configuration has to ask for `debug`. */
export class Daemon implements AsyncDisposable {
  readonly #child: Child;

  constructor(world: World, config: string, user: string) {
    this.#child = new Child([...world.home.inHome, ...world.esddns("--config", config, "run")], {
      env: { PATH: process.env["PATH"] ?? "", ...world.userEnvironment(user) },
    });
  }

  /** `ip netns exec` becomes what it starts. */
  get pid(): number {
    return this.#child.pid;
  }

  /** With `format: json`. */
  get log(): readonly Entry[] {
    return this.#child.stderr
      .split("\n")
      .slice(0, -1)
      .flatMap((line) => (line.startsWith("{") ? [entry.parse(JSON.parse(line))] : []));
  }

  /** How many rounds have ended. */
  get rounds(): number {
    return this.#child.stderr.split("Round ended").length - 1;
  }

  /** The latest entry with this message from that moment on (milliseconds since 1970). */
  says(message: string, since: number, suits: (entry: Entry) => boolean = () => true): Promise<Entry> {
    return this.#child.until(
      `"${message}"`,
      () => this.log.findLast((each) => each.message === message && timeOf(each) >= since && suits(each)),
      60_000,
    );
  }

  /** Starts a round at once and waits for its end. */
  async roundNow(): Promise<void> {
    const before = this.rounds;
    this.#child.signal("SIGUSR1");
    await this.#child.until("a round", () => this.rounds > before);
  }

  /** How many files and sockets it has open. */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Milliseconds of a processor since its start, by the kernel's ticks of 10 ms. */
  processorTime(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  }

  /** Megabytes (2^20). */
  residentSize(): number {
    const [, kilobytes = "0"] =
      /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** In milliseconds since 1970. */
export function timeOf({ time }: Entry): number {
  return Date.parse(time);
}
