import { describe } from "vitest";
import { missing } from "../require-peer.ts";
import { startBind } from "./bind.ts";
import { describeUpdates } from "./update-flow.ts";

describe.skipIf(missing("named", "nsupdate"))("DNS UPDATE at BIND", () => {
  describe("with hmac-sha256", () =>
    describeUpdates((scratch) => startBind(scratch, { algorithm: "hmac-sha256" })));
});
