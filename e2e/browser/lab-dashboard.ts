import { z } from "zod";
import type { Child } from "../child.ts";
import { startProgram } from "../program.ts";

const lines = z.object({ dashboard: z.string(), config: z.string(), addresses: z.array(z.string()) });

/** `esddns lab`: a world, the daemon in it, and its dashboard. */
export class LabDashboard implements AsyncDisposable {
  readonly child: Child;
  /** With the final slash. */
  readonly url: string;
  readonly configFile: string;

  private constructor(child: Child, facts: z.output<typeof lines>) {
    this.child = child;
    this.url = facts.dashboard.endsWith("/") ? facts.dashboard : `${facts.dashboard}/`;
    this.configFile = facts.config;
  }

  static async start(): Promise<LabDashboard> {
    const child = startProgram(["lab", "--json"]);
    try {
      const facts = await child.until("its facts", () => {
        const [first, ...rest] = child.stdout.split("\n");
        return rest.length === 0 ? undefined : lines.parse(JSON.parse(first ?? ""));
      });
      return new LabDashboard(child, facts);
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  at(path: string): string {
    return new URL(path, this.url).href;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
