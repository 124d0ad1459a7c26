import type { Cluster } from "../../e2e/kube/cluster.ts";
import { Crowd } from "../../e2e/kube/crowd.ts";

export interface StandingOptions {
  /** Logs `bodies`. */
  readonly cluster: Cluster;
  readonly program: string;
  readonly agents: readonly number[];
}

/** Crowds in which nothing happens. */
export interface Standing extends AsyncDisposable {
  readonly crowds: readonly Crowd[];
}

/** On the schedule that the chart sets where nothing is: the program's own. */
export async function startStanding({ cluster, program, agents }: StandingOptions): Promise<Standing> {
  await using stack = new AsyncDisposableStack();
  const crowds: Crowd[] = [];
  for (const count of agents)
    crowds.push(stack.use(await Crowd.start({ cluster, program, agents: count, schedule: {} })));
  const started = stack.move();
  return { crowds, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
