import path from "node:path";
import { z } from "zod";
import { BARE_ENVIRONMENT, Child } from "../child.ts";
import { until } from "../until.ts";
import type { Sign } from "./candidate.ts";

const SCRIPT = path.join(import.meta.dirname, "candidate.ts");

const sign = z.object({
  at: z.number(),
  kind: z.enum(["held", "leader", "leading", "not-leading"]),
  leader: z.string().optional(),
  transitions: z.number().optional(),
});

/** A time for which one process led, as it saw it. */
export interface Reign {
  readonly identity: string;
  readonly transitions: number;
  /** When it first and last found that it leads. */
  readonly from: number;
  readonly to: number;
}

/** Processes that want the same Lease. */
export class Candidates implements AsyncDisposable {
  readonly #children = new Map<string, Child>();
  readonly #kubeconfig: string;
  readonly #namespace: string;
  readonly #lease: string;

  constructor(kubeconfig: string, namespace: string, lease: string) {
    this.#kubeconfig = kubeconfig;
    this.#namespace = namespace;
    this.#lease = lease;
  }

  add(...identities: readonly string[]): void {
    for (const identity of identities) {
      const argv = [process.execPath, SCRIPT, this.#namespace, this.#lease, identity];
      const env = { ...BARE_ENVIRONMENT, KUBECONFIG: this.#kubeconfig };
      this.#children.set(identity, new Child(argv, { env }));
    }
  }

  signal(identity: string, name: NodeJS.Signals): void {
    this.#child(identity).signal(name);
  }

  /** What a process has told so far. */
  signs(identity: string): readonly Sign[] {
    const complete = this.#child(identity).stdout.split("\n").slice(0, -1);
    return complete.map((line): Sign => sign.parse(JSON.parse(line)));
  }

  /** All reigns so far, in order. */
  get reigns(): readonly Reign[] {
    const reigns = [...this.#children.keys()].flatMap((identity) => reignsOf(identity, this.signs(identity)));
    return reigns.toSorted((a, b) => a.from - b.from);
  }

  /** Waits until somebody leads who says so after that moment. */
  leads(since: number, isWanted: (reign: Reign) => boolean = () => true): Promise<Reign> {
    return until("somebody to lead", () => this.reigns.findLast((one) => one.to > since && isWanted(one)));
  }

  /** Pairs of which both led at the same moment. */
  get overlaps(): readonly (readonly [Reign, Reign])[] {
    return this.reigns.flatMap((reign, index) => {
      const next = this.reigns[index + 1];
      return next && next.from <= reign.to ? [[reign, next] as const] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.values()) child.signal("SIGCONT");
    await Promise.all([...this.#children.values()].map((child) => child[Symbol.asyncDispose]()));
  }

  #child(identity: string): Child {
    const child = this.#children.get(identity);
    if (!child) throw new Error(`No candidate is called ${identity}`);
    return child;
  }
}

function reignsOf(identity: string, signs: readonly Sign[]): readonly Reign[] {
  const reigns = new Map<number, Reign>();
  for (const { kind, at, transitions = 0 } of signs) {
    if (kind !== "held") continue;
    const from = reigns.get(transitions)?.from ?? at;
    reigns.set(transitions, { identity, transitions, from, to: at });
  }
  return [...reigns.values()];
}
