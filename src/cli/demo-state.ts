import type { Family } from "#core/address.ts";
import type { Observation } from "#core/observation.ts";
import type { WitnessPort } from "#core/witness.ts";
import type { EngineEvent, Look, Trigger } from "#engine/events.ts";
import { describeChange, describeDecision, describeOutcome } from "#report/plan.ts";
import { describeVerdict, familyLabel, roundMs } from "#report/verdict.ts";

/** What the screen shows: the latest round, and what happened since the start. */
export interface DemoState {
  readonly round: number;
  readonly trigger: Trigger | undefined;
  /** By witness and look. */
  readonly witnesses: ReadonlyMap<
    string,
    { readonly look: Look; readonly family: Family; readonly text: string; readonly sign: string }
  >;
  readonly verdicts: ReadonlyMap<Family, string>;
  readonly plan: ReadonlyMap<Family, readonly string[]>;
  /** What became of the changes of the round, in order; `record` is its name and type. */
  readonly writes: readonly { readonly record: string; readonly text: string }[];
  readonly probes: number;
  readonly lastProbe: string;
  /** Newest last, bounded. */
  readonly story: readonly string[];
}

export const EMPTY_DEMO: DemoState = {
  round: 0,
  trigger: undefined,
  witnesses: new Map(),
  verdicts: new Map(),
  plan: new Map(),
  writes: [],
  probes: 0,
  lastProbe: "",
  story: [],
};

const STORY_LENGTH = 8;

/** The next state of the screen; pure. */
export function nextDemoState(state: DemoState, event: EngineEvent): DemoState {
  switch (event.kind) {
    case "round-started":
      return { ...state, round: event.round, trigger: event.trigger, witnesses: new Map(), writes: [] };
    case "asked":
      return withWitness(state, event.witness, event, "…", "asked");
    case "observed": {
      const { observation, look } = event;
      const [sign, text] = describeObservation(observation);
      return withWitness(state, observation.witness, { look, family: observation.family }, sign, text);
    }
    case "decided":
      return { ...state, verdicts: new Map(state.verdicts).set(event.family, describeVerdict(event)) };
    case "planned":
      return { ...state, plan: new Map(state.plan).set(event.family, event.plan.map(describeDecision)) };
    case "published": {
      const { record } = event.change;
      const name = `${record.name} ${record.type}`;
      const text = `${describeOutcome(event.outcome)} in ${roundMs(event.took)} ms, ${roundMs(event.sinceStart)} ms after the round began`;
      const story = `round ${event.round} (${state.trigger}): ${name} ${describeChange(event.change)}`;
      return { ...withStory(state, story), writes: [...state.writes, { record: name, text }] };
    }
    case "verified": {
      const { record, result } = event;
      const text =
        result.kind === "converged"
          ? `verified at ${result.servers.join(", ")} in ${roundMs(result.took)} ms`
          : result.kind === "incomplete"
            ? `not yet at ${result.wrong.join(", ")}`
            : `not verifiable: ${result.why}`;
      return { ...state, writes: [...state.writes, { record: `${record.name} ${record.type}`, text }] };
    }
    case "probed":
      return {
        ...state,
        probes: state.probes + 1,
        lastProbe: `${familyLabel(event.family)} ${event.result}, asked ${event.witness.operator}, ${roundMs(event.took)} ms`,
      };
    case "crashed":
      return withStory(state, `a bug: ${String(event.error)}`);
    default:
      return state;
  }
}

export function withStory(state: DemoState, line: string): DemoState {
  return { ...state, story: [...state.story, line].slice(-STORY_LENGTH) };
}

function withWitness(
  state: DemoState,
  { id, operator }: Pick<WitnessPort, "id" | "operator">,
  { look, family }: { readonly look: Look; readonly family: Family },
  sign: string,
  text: string,
): DemoState {
  const witnesses = new Map(state.witnesses).set(`${family} ${look} ${id}`, {
    look,
    family,
    sign,
    text: `${operator.padEnd(8)} ${id}  ${text}`,
  });
  return { ...state, witnesses };
}

function describeObservation(observation: Observation): readonly [sign: string, text: string] {
  const took = `${roundMs(observation.elapsed)} ms`;
  switch (observation.kind) {
    case "seen":
      return ["✓", `says ${observation.testimony.address.text}, ${took}`];
    case "rejected":
      return [
        "✗",
        `says ${observation.testimony.address.text}, which cannot be published (${observation.reason})`,
      ];
    case "failed":
      return [
        "✗",
        `failed: ${observation.error instanceof Error ? observation.error.message : String(observation.error)}`,
      ];
    case "cancelled":
      return ["-", "no longer needed"];
  }
}
