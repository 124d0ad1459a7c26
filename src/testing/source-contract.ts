import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Address, FAMILIES, type Family } from "#core/address.ts";
import { CancelledError, EsddnsError } from "#core/errors.ts";
import type { Source, SourceKind, Witness, WitnessPort } from "#core/witness.ts";

/** How the peers of a {@link SourceWorld} treat every question from now on. */
export type PeerBehaviour =
  /** The true address. */
  | "honest"
  /** The question arrives and nothing comes back, not even an end. */
  | "silent"
  /** An answer in due form that holds no address: an HTML page, random bytes, prose. */
  | "nonsense"
  /** Whatever failure is typical: connection refused, an error status, a missing file. */
  | "failing";

/**
 * A small world with a source in it: its peers on loopback (or its files, or its interfaces), under the test's
 * control. Build one per test; configure time-outs well below a second, so that silence ends.
 */
export interface SourceWorld {
  /** A new source of the same configuration each time; several may live at once. */
  create(): Source;
  /** What an honest peer says about a family now. */
  truth(family: Family): Address;
  /** The true addresses change, for all families. */
  move(): void | Promise<void>;
  behave(behaviour: PeerBehaviour): void | Promise<void>;
  /**
   * One entry for each question that reached a peer, in order: the client's end as the peer saw it
   * (`127.0.0.1:40001`), or any text where there is no connection. `silent` questions count.
   */
  questions(): readonly string[];
  close(): void | Promise<void>;
}

/** The clauses that a source may be excused from, each with its reason. */
export type ExcusableClause =
  | "cancel"
  | "failing"
  | "fresh-connections"
  | "moves"
  | "nonsense"
  | "wrong-family";

export interface SourceContract {
  readonly kind: SourceKind;
  /** Has at least one witness; one that lacks a family among them, unless `wrong-family` is excused. */
  build(): SourceWorld | Promise<SourceWorld>;
  /** What a failure's message must contain to name its witness: the witness's id unless given. */
  readonly named?: (witness: Witness) => string;
  readonly excused?: Readonly<Partial<Record<ExcusableClause, string>>>;
}

const NEVER = new AbortController().signal;
/** A busy machine may take its time to start a program or to close a socket. */
const PATIENTLY = { interval: 2, timeout: 4000 };

/** The suite that every source runs: call it at the top of the source's test file. */
export function describeSourceContract(contract: SourceContract): void {
  const { kind, named = ({ id }) => id, excused = {} } = contract;
  describe(`the ${kind} source keeps the contract of sources:`, () => {
    let world: SourceWorld;
    let witnesses: readonly WitnessPort[];

    beforeEach(async () => {
      world = await contract.build();
      witnesses = await prepared(world.create());
    });
    afterEach(() => world.close());

    it("its witnesses say who they are", () => {
      expect(witnesses.length).toBeGreaterThan(0);
      for (const witness of witnesses) {
        expect(witness.source).toBe(kind);
        expect(witness.id).toMatch(new RegExp(`^${kind}(:|$)`));
        expect(witness.operator).toMatch(/^\S.*$/);
        expect(witness.families.length).toBeGreaterThan(0);
        expect(witness.families).toEqual(FAMILIES.filter((family) => witness.families.includes(family)));
      }
    });

    it("the ids of its witnesses are unique", () => {
      const ids = witnesses.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("the ids of its witnesses outlive preparation and restarts", async () => {
      const source = world.create();
      const again = await prepared(source);
      expect(idsOf(again)).toEqual(idsOf(witnesses));
      expect(idsOf(await prepared(source))).toEqual(idsOf(witnesses));
    });

    it("an honest witness tells the address of each of its families", async () => {
      for (const { witness, family } of questionsFor(witnesses)) {
        const { address } = await witness.ask(family, NEVER);
        expect(address).toEqual(world.truth(family));
      }
    });

    it("preparation that fails is not thrown", async () => {
      await world.behave("failing");
      await expect(prepared(world.create())).resolves.toBeDefined();
    });

    clause(
      "wrong-family",
      "a witness is not asked for a family that it has nothing to say about",
      async () => {
        const lacking = witnesses.filter(({ families }) => families.length < FAMILIES.length);
        expect(lacking, "a witness that lacks a family").not.toEqual([]);
        for (const witness of lacking) {
          const family = FAMILIES.find((other) => !witness.families.includes(other));
          const error = await failureOf(witness.ask(family ?? 4, NEVER));
          expect(error).toBeInstanceOf(EsddnsError);
          expect(error).not.toBeInstanceOf(CancelledError);
        }
        expect(world.questions()).toEqual([]);
      },
    );

    clause("moves", "a changed address is seen by the very next question", async () => {
      const [{ witness, family }] = firstOf(questionsFor(witnesses));
      const before = await witness.ask(family, NEVER);
      await world.move();
      const after = await witness.ask(family, NEVER);
      expect(after.address).toEqual(world.truth(family));
      expect(after.address).not.toEqual(before.address);
    });

    clause("fresh-connections", "every question has a connection of its own", async () => {
      for (const { witness, family } of questionsFor(witnesses)) {
        const before = world.questions().length;
        await witness.ask(family, NEVER);
        await witness.ask(family, NEVER);
        await Promise.all([witness.ask(family, NEVER), witness.ask(family, NEVER)]);
        const clients = world.questions().slice(before);
        expect(clients).toHaveLength(4);
        expect(new Set(clients).size, `distinct among ${clients.join(", ")}`).toBe(4);
      }
    });

    clause("nonsense", "an answer that is no address is refused", async () => {
      await world.behave("nonsense");
      for (const { witness, family } of questionsFor(witnesses)) {
        expectFailure(await failureOf(witness.ask(family, NEVER)), named(witness));
      }
    });

    clause("failing", "a failure names its witness, and the witness recovers from it", async () => {
      await world.behave("failing");
      for (const { witness, family } of questionsFor(witnesses)) {
        expectFailure(await failureOf(witness.ask(family, NEVER)), named(witness));
      }
      await world.behave("honest");
      for (const { witness, family } of questionsFor(witnesses)) {
        await expect(witness.ask(family, NEVER)).resolves.toMatchObject({ address: world.truth(family) });
      }
    });

    clause("cancel", "a cancelled question ends at once and leaves nothing open", async () => {
      await world.behave("silent");
      for (const { witness, family } of questionsFor(witnesses)) {
        const openBefore = openHandles();
        const asked = world.questions().length;
        const cancel = new AbortController();
        const failure = failureOf(witness.ask(family, cancel.signal));
        await vi.waitUntil(() => world.questions().length > asked, PATIENTLY);
        const abortedAt = performance.now();
        cancel.abort();
        expect(await failure).toBeInstanceOf(CancelledError);
        expect(performance.now() - abortedAt).toBeLessThan(250);
        await vi.waitUntil(() => openHandles() <= openBefore, PATIENTLY);
      }
    });

    it("a question that was cancelled before it began is not asked", async () => {
      for (const { witness, family } of questionsFor(witnesses)) {
        const failure = await failureOf(witness.ask(family, AbortSignal.abort()));
        expect(failure).toBeInstanceOf(CancelledError);
      }
      expect(world.questions()).toEqual([]);
    });

    function clause(name: ExcusableClause, sentence: string, run: () => Promise<void>): void {
      const reason = excused[name];
      it.skipIf(reason)(reason ? `${sentence} (excused: ${reason})` : sentence, run);
    }
  });
}

async function prepared(source: Source): Promise<readonly WitnessPort[]> {
  await source.prepare?.(FAMILIES, NEVER);
  return source.witnesses();
}

function questionsFor(witnesses: readonly WitnessPort[]) {
  return witnesses.flatMap((witness) => witness.families.map((family) => ({ witness, family })));
}

function firstOf<T>([first]: readonly T[]): readonly [T] {
  if (first === undefined) throw new TypeError("a source without witnesses");
  return [first];
}

function idsOf(witnesses: readonly Witness[]): readonly string[] {
  return witnesses.map(({ id }) => id).toSorted();
}

/** What a promise was rejected with; a testimony where none may be is an error of its own. */
async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    (testimony) => new RangeError(`answered ${JSON.stringify(testimony)}`),
    (error: unknown) => error,
  );
}

function expectFailure(error: unknown, name: string): void {
  expect(error).toBeInstanceOf(EsddnsError);
  expect(error).not.toBeInstanceOf(CancelledError);
  if (!(error instanceof EsddnsError)) return;
  expect(error.message).toContain(name);
  expect(error.message).not.toMatch(/\.$/);
  expect(error.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
}

/** Sockets, pipes and child processes of this thread, peers included. */
function openHandles(): number {
  const handles = /^(UDP|TCP|TLS|Pipe|Process|GetAddrInfo|Query)/;
  return process.getActiveResourcesInfo().filter((name) => handles.test(name)).length;
}
