import type { Config, Lab } from "./lab.ts";
import { Daemon, type ProgramOptions } from "./program.ts";

/** `esddns run` with a configuration of the test's own, and its dashboard. */
export class DaemonDashboard implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly origin: string;

  private constructor(daemon: Daemon, origin: string) {
    this.daemon = daemon;
    this.origin = origin;
  }

  /** @param sections in place of the lab's */
  static async start(
    lab: Lab,
    sections: Config = {},
    options: ProgramOptions = {},
  ): Promise<DaemonDashboard> {
    const file = lab.write(sections);
    const daemon = Daemon.starting(file, options);
    try {
      const served = await daemon.says("The dashboard is served");
      await daemon.says("esddns started");
      const [origin] = /https?:\/\/[^\s"]+/.exec(served) ?? [];
      if (origin === undefined) throw new Error(`No address in: ${served}`);
      return new DaemonDashboard(daemon, origin);
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  at(path: string): string {
    return new URL(path, this.origin).href;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.daemon[Symbol.asyncDispose]();
  }
}
