import { describeError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { parsed } from "#kubernetes/api/answer-json.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { createEmptyConfigMap } from "#kubernetes/api/empty-config-map.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import { isFields, isObjectName, type Place } from "#kubernetes/api/object.ts";
import { CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import { MAX_NODES } from "#kubernetes/cluster/shared-address-data.ts";
import { type AgentState, ALONE_REASONS, type ClusterRole, ROLES } from "#state/cluster.ts";

export interface AgentsOptions {
  readonly client: KubernetesClient;
  /** A ConfigMap with a key for each node. */
  readonly place: Place;
  readonly node: string;
  readonly pod: string;
  readonly role: () => ClusterRole;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Between two signs of life; a fifth more or less, so that many do not come together. */
const BEAT = milliseconds(300_000);
/** Without one for so long, a node is not counted on. */
const STALE = milliseconds(720_000);
/** And then it is forgotten. */
const GONE = milliseconds(3_600_000);
/** One less than the shared address may name: the leader is among them. */
const MAX_AGENTS = MAX_NODES - 1;
/** After a change of role, by chance up to this: an outage changes many at once. */
const SPREAD = milliseconds(3000);

/** What the agents say of themselves: each writes its own key, the leader reads them all. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #gong = new Gong();
  #saidRole: string | undefined;
  readonly #seen = new Map<string, { readonly text: string; readonly at: Instant }>();

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  /** The role may be another one than was said. */
  readonly changed = (): void => {
    if (this.#saidRole !== undefined && this.#options.role().kind !== this.#saidRole) this.#gong.strike();
  };

  /** Signs of life until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    let isTold = true;
    while (!signal.aborted) {
      try {
        await this.#say(signal);
        isTold = true;
      } catch (error) {
        // With the API server away, each node would say so by the minute
        if (isTold && !signal.aborted)
          log.info("This agent could not say how it is", { error: describeError(error) });
        isTold = false;
      }
      await this.#gong.next(clock, jittered(isTold ? BEAT : milliseconds(BEAT / 5), random), signal);
      await clock.sleep(milliseconds(SPREAD * random.fraction()), signal).catch(() => {});
    }
  }

  /** What all say, and who has said nothing new for too long; forgets who is gone. */
  async read(signal: AbortSignal): Promise<readonly AgentState[]> {
    const { client, place } = this.#options;
    try {
      const { data = {} } = await client.get(CONFIG_MAPS, place, signal);
      for (const [node, text] of Object.entries(data)) this.#see(node, text);
      for (const node of this.#seen.keys()) if (!Object.hasOwn(data, node)) this.#seen.delete(node);
      return [...this.#seen].flatMap(([node, { text, at }]) => readWord(node, text, this.#isOld(at, STALE)));
    } catch (error) {
      if (isKubernetesError(error, "not-found")) return [];
      throw error;
    }
  }

  /** Takes those away that were silent for an hour. */
  async forget(signal: AbortSignal): Promise<void> {
    const gone = [...this.#seen].filter(([, { at }]) => this.#isOld(at, GONE)).map(([node]) => node);
    if (gone.length === 0) return;
    await this.#patch(Object.fromEntries(gone.map((node) => [node, null])), signal);
    for (const node of gone) this.#seen.delete(node);
  }

  async #say(signal: AbortSignal): Promise<void> {
    const { node, pod, role, clock } = this.#options;
    const word = { pod, role: role(), at: clock.date().toISOString() };
    this.#saidRole = word.role.kind;
    await this.#patch({ [node]: JSON.stringify(word) }, signal);
  }

  async #patch(data: Readonly<Record<string, string | null>>, signal: AbortSignal): Promise<void> {
    const { client, place } = this.#options;
    const patch = { kind: "merge", body: { data } } as const;
    try {
      await client.patch(CONFIG_MAPS, place, patch, signal);
    } catch (error) {
      if (!isKubernetesError(error, "not-found")) throw error;
      await createEmptyConfigMap(client, place, signal);
      await client.patch(CONFIG_MAPS, place, patch, signal);
    }
  }

  /** Whoever came first stays: names that somebody makes up drive nobody out. */
  #see(node: string, text: string): void {
    const known = this.#seen.get(node);
    if (known?.text === text || (!known && this.#seen.size >= MAX_AGENTS)) return;
    this.#seen.set(node, { text, at: this.#options.clock.now() });
  }

  #isOld(at: Instant, limit: Milliseconds): boolean {
    return elapsed(at, this.#options.clock.now()) > limit;
  }
}

function readWord(node: string, text: string, isStale: boolean): readonly AgentState[] {
  const word = parsed(text);
  const role = isFields(word) ? roleOf(word["role"]) : undefined;
  const { pod, at } = isFields(word) ? word : {};
  // Both names are part of commands that a person copies
  if (!role || !isObjectName(node) || !isObjectName(pod) || typeof at !== "string") return [];
  const lastWord = new Date(at);
  return Number.isNaN(lastWord.getTime()) ? [] : [{ node, pod, role, lastWord, isStale }];
}

function roleOf(value: unknown): ClusterRole | undefined {
  const { kind, because } = isFields(value) ? value : {};
  const role = ROLES.find((one) => one === kind);
  if (role !== "alone") return role && { kind: role };
  const reason = ALONE_REASONS.find((one) => one === because);
  return reason && { kind: role, because: reason };
}

function jittered(span: Milliseconds, random: Random): Milliseconds {
  return milliseconds(span * (0.8 + 0.4 * random.fraction()));
}
