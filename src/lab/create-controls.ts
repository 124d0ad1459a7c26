import { familyOf } from "#core/record.ts";
import { lieOf } from "#lab/addresses.ts";
import type { LabControls, LabView, ProviderBehaviour, WitnessBehaviour } from "#lab/controls.ts";
import type { World } from "#lab/world.ts";

const SAID = { dead: "silent", honest: "honest", lies: "liar" } as const;
const LIMITS = { outage: 600_000, loss: 100, delay: 10_000 } as const;

/**
 * The controls of a world; what is left running ends with the world.
 *
 * @param onReset called when everything was put back: what was learnt of the witnesses is of another world
 */
export function createLabControls(world: World, onReset: () => void = () => {}): LabControls {
  return new Controls(world, onReset);
}

class Controls implements LabControls {
  readonly #world: World;
  readonly #onReset: () => void;
  readonly #behaviours: Map<string, WitnessBehaviour>;
  readonly #listeners = new Set<() => void>();
  #address = "";
  #movedAt = 0;
  #isMoved = false;
  #waitingSince: Date | undefined;
  #followedAfter: number | undefined;

  constructor(world: World, onReset: () => void) {
    this.#world = world;
    this.#onReset = onReset;
    this.#behaviours = new Map(world.witnesses.map(({ operator }) => [operator, "honest"]));
    this.#follow();
    world.subscribe(() => {
      this.#follow();
      this.#tell();
    });
    world.line.subscribe(() => this.#tell());
  }

  view(): LabView {
    const { families, line, updates, digLine } = this.#world;
    return {
      addresses: families.map((family) => ({ family, text: this.#world.publicAddress(family).text })),
      witnesses: this.#witnesses(),
      ...line.state,
      provider: updates.behaviour,
      dns: this.#dns(),
      followedAfter: this.#followedAfter,
      waitingSince: this.#waitingSince,
      digLine,
    };
  }

  moveAddress(): void {
    this.#world.move();
  }

  setBehaviour(witness: string, behaviour: WitnessBehaviour): void {
    if (!this.#behaviours.has(witness)) throw unknown(witness, [...this.#behaviours.keys()]);
    this.#behave(witness, behaviour);
    this.#tell();
  }

  setOnline(isOnline: boolean): void {
    this.#world.line.change({ isOnline });
  }

  goOffline(milliseconds: number): void {
    checkRange("go offline for", milliseconds, LIMITS.outage);
    this.#world.line.goOffline(milliseconds);
  }

  setUdpBlocked(isUdpBlocked: boolean): void {
    this.#world.line.change({ isUdpBlocked });
  }

  setLoss(loss: number): void {
    checkRange("set the loss to", loss, LIMITS.loss);
    this.#world.line.change({ loss });
  }

  setDelay(delay: number): void {
    checkRange("set the delay to", delay, LIMITS.delay);
    this.#world.line.change({ delay });
  }

  setProvider(behaviour: ProviderBehaviour): void {
    this.#world.updates.behave(behaviour);
    this.#tell();
  }

  reset(): void {
    for (const operator of this.#behaviours.keys()) this.#behave(operator, "honest");
    this.#world.updates.behave("honest");
    this.#world.line.repair();
    this.#onReset();
  }

  subscribe(listener: () => void): () => void {
    // The same function may listen twice
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #behave(operator: string, behaviour: WitnessBehaviour): void {
    this.#behaviours.set(operator, behaviour);
    for (const witness of this.#world.witnesses)
      if (witness.operator === operator) witness.behave(SAID[behaviour]);
  }

  #witnesses(): LabView["witnesses"] {
    const lie = this.#world.families.map((family) => lieOf(family).text).join(", ");
    return [...this.#behaviours].flatMap(([name, behaviour]) => {
      const witness = this.#world.witnesses.find(({ operator }) => operator === name);
      return witness ? [{ name, kind: witness.kind, transport: witness.transport, behaviour, lie }] : [];
    });
  }

  #dns(): LabView["dns"] {
    const { dns, records } = this.#world;
    return records.map((key) => ({
      ...key,
      values: (dns.recordSet(key)?.values ?? []).map(({ text }) => text),
    }));
  }

  /** Notices a move, and the end of waiting for the records to follow it. */
  #follow(): void {
    const { families } = this.#world;
    const address = families.map((family) => this.#world.publicAddress(family).text).join();
    if (address !== this.#address) {
      this.#isMoved = this.#address !== "";
      this.#address = address;
      this.#movedAt = performance.now();
      this.#waitingSince = new Date();
      this.#followedAfter = undefined;
    }
    if (!this.#waitingSince || !this.#areRecordsRight()) return;
    // Before the first move nobody waited for anything
    if (this.#isMoved) this.#followedAfter = performance.now() - this.#movedAt;
    this.#waitingSince = undefined;
  }

  #areRecordsRight(): boolean {
    return this.#dns().every(
      ({ type, values }) => values.join() === this.#world.publicAddress(familyOf(type)).text,
    );
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function checkRange(action: string, value: number, max: number): void {
  if (value >= 0 && value <= max) return;
  throw new RangeError(`Cannot ${action} "${value}": expected a number from 0 to ${max}`);
}

function unknown(witness: string, names: readonly string[]): RangeError {
  return new RangeError(`Cannot find the witness "${witness}": expected one of ${names.join(", ")}`);
}
