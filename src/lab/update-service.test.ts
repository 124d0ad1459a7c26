import { expect, it } from "vitest";
import { UpdateService } from "#lab/update-service.ts";

it("a name server that throttles takes the next update ten seconds after the last one that it took", () => {
  let now = 0;
  const service = new UpdateService({ now: () => now });
  service.behave("throttles");
  const at = (milliseconds: number) => {
    now = milliseconds;
    return service.receive(1);
  };
  expect([at(0), at(1), at(9999), at(10_000), at(10_001), at(20_000)]).toEqual([
    "honest",
    "servfail",
    "servfail",
    "honest",
    "servfail",
    "honest",
  ]);
});
