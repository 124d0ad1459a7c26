import { describe } from "vitest";
import { missing } from "../require-peer.ts";
import { startPowerdns } from "./powerdns.ts";
import { describeUpdates } from "./update-flow.ts";

describe.skipIf(missing("pdns_server", "pdnsutil", "nsupdate"))("PowerDNS", () => {
  describe("by its HTTP API", () => describeUpdates((scratch) => startPowerdns(scratch, { door: "api" })));
  describe("by DNS UPDATE", () => describeUpdates((scratch) => startPowerdns(scratch, { door: "update" })));
});
