import type { Policy } from "#core/policy.ts";
import type { Clock } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import { recordId } from "#core/record.ts";
import { instant, milliseconds } from "#core/units.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import { createClusterSource } from "#kubernetes/cluster/cluster-source.ts";
import { compareBeforeWrite } from "#kubernetes/cluster/compare-before-write.ts";
import { followedProvider } from "#kubernetes/cluster/followed-provider.ts";
import { withOwnWitnesses } from "#kubernetes/cluster/own-witnesses.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { type Turn, turnAlone, turnOf } from "#kubernetes/cluster/turns.ts";
import type { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import { Waiting } from "#kubernetes/cluster/waiting.ts";

/** What every role's engine is made from. */
export interface RoleEngineOptions {
  /** That of a daemon. */
  readonly engine: EngineOptions;
  readonly node: string;
  /** Of the ConfigMap. */
  readonly name: string;
  /** As it was seen last, how old it may be. */
  readonly shared: () => SharedAddress | undefined;
  readonly window: WriteWindow;
}

/** Detects for all; writes as long as it leads, and not one request longer. */
export function leadingEngine({ engine, window }: RoleEngineOptions, isHeld: () => boolean): EngineOptions {
  const comparing = (provider: Provider) => compareBeforeWrite({ provider, mayWrite: isHeld, window });
  return { ...engine, providers: wrapped(engine, comparing) };
}

/**
 * Takes the leader's word for the address and for what is done, and asks nobody before its turn comes: then its own
 * witnesses have to say the same.
 */
export function followingEngine(options: RoleEngineOptions): EngineOptions {
  const { engine, name, node, shared, window } = options;
  return {
    ...engine,
    sources: [createClusterSource(name, shared)],
    providers: wrapped(engine, (provider) => {
      const comparing = compareBeforeWrite({ provider, mayWrite: () => true, window });
      return followedProvider(withOwnWitnesses({ provider: comparing, engine, window }), shared);
    }),
    detection: { ...engine.detection, rule: { kind: "quorum", quorum: 1 }, confirms: false },
    // What is known of a record is in the object: no reading is older than that
    schedule: { ...engine.schedule, probe: "off", refresh: milliseconds(0) },
    policies: [followingPolicy(node, shared, engine.clock)],
  };
}

/** Detects for itself, and leaves others, of whom it hears nothing, the time to write first. */
export function aloneEngine({ engine, node, shared, window }: RoleEngineOptions): EngineOptions {
  return {
    ...engine,
    providers: wrapped(engine, (provider) => compareBeforeWrite({ provider, mayWrite: () => true, window })),
    policies: [alonePolicy(node, shared, engine.clock)],
  };
}

function followingPolicy(node: string, shared: () => SharedAddress | undefined, clock: Clock): Policy {
  const waiting = new Waiting(clock);
  return ({ record, address }) => {
    const now = shared();
    const id = recordId(record);
    const tried = now?.passed.get(id)?.join(" ") ?? "";
    const since = waiting.since(id, `${address.text} ${tried}`);
    return withheld(now ? turnOf(id, now, node) : turnAlone(id, now, node), since, clock);
  };
}

function alonePolicy(node: string, shared: () => SharedAddress | undefined, clock: Clock): Policy {
  const waiting = new Waiting(clock);
  return ({ record, address }) => {
    const id = recordId(record);
    return withheld(turnAlone(id, shared(), node), waiting.since(id, address.text), clock);
  };
}

function withheld({ wait, before }: Turn, since: number, clock: Clock): ReturnType<Policy> {
  const until = instant(since + wait);
  return until <= clock.now() ? undefined : { kind: "turn", until, before };
}

function wrapped(
  { providers }: EngineOptions,
  wrap: (provider: Provider) => Provider,
): EngineOptions["providers"] {
  return new Map([...providers].map(([name, provider]) => [name, wrap(provider)]));
}
