import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { staticSource } from "#sources/static/static.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract } from "#testing/source-contract.ts";

const SAID = "it says what the configuration says, whatever happens";

describeSourceContract({
  kind: "static",
  build: () => ({
    create: () => create({ ipv4: "93.184.216.34" }),
    truth: () => addressOf("93.184.216.34"),
    move: () => {},
    behave: () => {},
    questions: () => [],
    close: () => {},
  }),
  excused: {
    cancel: "it answers at once",
    failing: SAID,
    "fresh-connections": "nothing is connected",
    moves: SAID,
    nonsense: SAID,
  },
});

describe("fixed addresses", () => {
  it("are told for each family, in canonical form", async () => {
    const [witness] = create({ ipv4: "192.0.2.1", ipv6: "2001:DB8:0:0::1" }).witnesses();
    expect(witness?.families).toEqual([4, 6]);
    const { signal } = new AbortController();
    expect((await witness?.ask(4, signal))?.address.text).toBe("192.0.2.1");
    expect((await witness?.ask(6, signal))?.address.text).toBe("2001:db8::1");
  });

  it("of one family leave the other to others", () => {
    expect(create({ ipv6: "2001:db8::1" }).witnesses()[0]?.families).toEqual([6]);
  });

  it.each([
    [{}, ""],
    [{ ipv4: "2001:db8::1" }, "ipv4"],
    [{ ipv6: "192.0.2.1" }, "ipv6"],
    [{ ipv4: "192.0.2.1/24" }, "ipv4"],
    [{ ipv4: "192.0.2.1", ttl: 3 }, ""],
  ])("%j is refused", (config, path) => {
    const issues = staticSource.config.safeParse(config).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});

function create(config: unknown) {
  return staticSource.create(staticSource.config.parse(config), partialPorts({}), {});
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
