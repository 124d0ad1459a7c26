import type { Cluster } from "../../e2e/kube/cluster.ts";
import { inMebibytes } from "../../e2e/kube/figures.ts";
import { type Weight, weighFollower } from "../../e2e/kube/reconnects.ts";
import type { Row } from "../rows.ts";

/** Whether what a thousand reconnects leave behind is weighed as it is, or once the agent has collected it. */
export type Garbage = "collected" | "left";

export interface WeightOptions {
  readonly cluster: Cluster;
  readonly program: string;
  readonly garbage: Garbage;
}

const LIMIT = 70;
const FLAT = 1;
/** Descriptors that come and go with a request. */
const PASSING = 2;
/** Milliseconds, from its start until an agent has first collected its garbage, and some more. */
const FIRST_COLLECTION = 25_000;
/** It is collected again every ten minutes. */
const COLLECTION = 610_000;
const REST = 5000;

/** An agent that follows, with the sections that the chart writes, before and after its watch has ended 1000 times. */
export async function weightRows({ cluster, program, garbage }: WeightOptions): Promise<readonly Row[]> {
  const [first, warm, littered, tidy] = await weighFollower({
    cluster,
    namespace: "ddns",
    program,
    after: [
      [0, FIRST_COLLECTION],
      [100, garbage === "collected" ? COLLECTION : REST],
      [1100, REST],
      ...(garbage === "collected" ? [[1100, COLLECTION] as const] : []),
    ],
  });
  if (!first || !warm || !littered) throw new Error("Nothing was weighed");
  const weighed = { first, warm, littered, tidy };
  return [weightRow(weighed), flatRow(weighed)];
}

interface Weighed {
  /** Once what only the start needed is collected. */
  readonly first: Weight;
  /** After the first hundred reconnects, for which code is read and kept that was not needed before. */
  readonly warm: Weight;
  /** After a thousand more, with their garbage. */
  readonly littered: Weight;
  /** Once that is collected; `undefined`: not waited for. */
  readonly tidy: Weight | undefined;
}

function weightRow({ first, littered, tidy }: Weighed): Row {
  const weights = tidy ? [first, tidy] : [first];
  return {
    what: "RSS of an agent that follows, as the chart configures it, once its garbage is collected",
    reach: `≤ ${LIMIT} MiB`,
    measured: weights.map(shownWeight).join(", "),
    reached: weights.every(({ mebibytes }) => mebibytes <= LIMIT),
    note: `with up to ten minutes of garbage more: ${shownWeight(littered)}`,
    data: { weights, littered },
  };
}

function flatRow({ warm, littered, tidy }: Weighed): Row {
  const after = tidy ?? littered;
  const growth = after.mebibytes - warm.mebibytes;
  const isFlat = growth <= FLAT && after.descriptors <= warm.descriptors + PASSING;
  return {
    what: "… after 1000 reconnects more",
    reach: `≤ ${FLAT} MiB more, no descriptor left open`,
    measured: `${growth < 0 ? "" : "+"}${inMebibytes(growth)}; descriptors ${warm.descriptors}, ${after.descriptors}`,
    reached: tidy ? isFlat : undefined,
    note: tidy ? undefined : `weighed ${REST / 1000} s after the last one, with its garbage: not judged`,
    data: { warm, after },
  };
}

function shownWeight({ reconnects, mebibytes }: Weight): string {
  return `after ${reconnects} reconnects ${inMebibytes(mebibytes)}`;
}
