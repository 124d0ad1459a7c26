import { afterAll, beforeAll } from "vitest";
import { z } from "zod";
import type { Child } from "../child.ts";
import { type AddressType, type NameServer, valuesAt } from "../dns-client.ts";
import { startProgram } from "../program.ts";

const line = z.object({
  dashboard: z.string(),
  addresses: z.array(z.string()),
  dns: z.object({ address: z.string(), port: z.number() }),
});

type Facts = z.output<typeof line>;

/** `esddns lab`: a world, the daemon in it, and its dashboard. */
export class LabDashboard implements AsyncDisposable {
  readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  static async start(): Promise<LabDashboard> {
    const lab = new LabDashboard(startProgram(["lab", "--json", "--port", "0"]));
    try {
      await lab.child.until("its facts", () => lab.#lines.length > 0);
      return lab;
    } catch (error) {
      await lab.child[Symbol.asyncDispose]();
      throw error;
    }
  }

  get #lines(): readonly string[] {
    return this.child.stdout.split("\n").slice(0, -1);
  }

  get #facts(): Facts {
    return line.parse(JSON.parse(this.#lines.at(-1) ?? ""));
  }

  get origin(): string {
    return new URL(this.#facts.dashboard).origin;
  }

  get nameServer(): NameServer {
    return this.#facts.dns;
  }

  at(path: string): string {
    return new URL(path, this.origin).href;
  }

  /** As its name server says it. */
  published(name = "home.lab.example", type: AddressType = "A"): Promise<readonly string[]> {
    return valuesAt(this.nameServer, name, type);
  }

  /** The network gets another public address, by nobody's hand. @returns the new IPv4 one */
  async move(): Promise<string> {
    const before = this.#lines.length;
    this.child.stdin.write("move\n");
    await this.child.until("its answer", () => this.#lines.length > before);
    return this.#facts.addresses[0] ?? "";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}

/** One lab for the tests of a file. */
export function useLab(): () => LabDashboard {
  let lab: LabDashboard | undefined;
  beforeAll(async () => {
    lab = await LabDashboard.start();
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());
  return () => {
    if (!lab) throw new Error("Cannot use the lab: it is not started yet");
    return lab;
  };
}
