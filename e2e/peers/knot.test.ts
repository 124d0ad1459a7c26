import { describe } from "vitest";
import { missing } from "../require-peer.ts";
import { startKnot } from "./knot.ts";
import { describeUpdates } from "./update-flow.ts";

describe.skipIf(missing("knotd", "nsupdate"))("DNS UPDATE at Knot, with hmac-sha512", () => {
  describeUpdates((scratch) => startKnot(scratch, { algorithm: "hmac-sha512" }));
});
