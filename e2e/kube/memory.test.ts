import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { inMebibytes } from "./figures.ts";
import { noCluster } from "./programs.ts";
import { weighFollower } from "./reconnects.ts";

/** In MiB, once its garbage is collected: 70 MB of 10^6 bytes. */
const LIMIT = 66.7;
/** From its start until garbage is collected, and some more. */
const FIRST_COLLECTION = 25_000;
/** It is collected again after ten minutes: the long form waits for that. */
const REST = Number(process.env["ESDDNS_REST"] ?? 5) * 1000;
/** What a thousand watches may leave behind until then, in MiB: garbage, and no more of it than that. */
const LEFT = REST > 600_000 ? 0.9 : 11;

describe.skipIf(noCluster())("an agent that follows, configured as the chart does", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it(
    "weighs no more after 1000 watches, and has no more files open",
    { timeout: 150_000 + REST },
    async () => {
      const [first, warm, last] = await weighFollower({
        cluster,
        namespace: "ddns",
        after: [
          [0, FIRST_COLLECTION],
          [100, 5000],
          [1100, REST],
        ],
      });
      if (!first || !warm || !last) throw new Error("Nothing was weighed");
      for (const { reconnects, mebibytes, descriptors } of [first, warm, last])
        console.log(`after ${reconnects} watches ${inMebibytes(mebibytes)}, ${descriptors} descriptors`);
      expect(first.mebibytes).toBeLessThan(LIMIT);
      expect(last.mebibytes - first.mebibytes).toBeLessThan(LEFT);
      expect(last.descriptors).toBeLessThanOrEqual(warm.descriptors + 2);
    },
  );
});
