import { describe, expect, it } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import type { InterfaceAddress, Interfaces } from "#core/ports.ts";
import { createInterfaces } from "#platform/interfaces.ts";
import { interfaceSource } from "#sources/interface/interface.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract, type PeerBehaviour } from "#testing/source-contract.ts";

const NEVER = new AbortController().signal;

describeSourceContract({
  kind: "interface",
  named: () => "interface",
  build() {
    let last = 34;
    let behaviour: PeerBehaviour = "honest";
    const questions: string[] = [];
    const truth = (family: Family) => addressOf(family === 4 ? `93.184.216.${last}` : `2606:2800::${last}`);
    const addresses: Interfaces["addresses"] = async () => {
      questions.push("addresses");
      if (behaviour === "failing") return [];
      if (behaviour === "nonsense") return [on("eth0", "fe80::1"), on("lo", "127.0.0.1"), on("lo", "::1")];
      return [on("eth0", truth(4).text), on("eth0", truth(6).text)];
    };
    return {
      create: () => create(true, { addresses }),
      truth,
      move: () => {
        last += 1;
      },
      behave: (next) => {
        behaviour = next;
      },
      questions: () => questions,
      close: () => {},
    };
  },
  excused: {
    cancel: "listing interfaces has no end to wait for",
    "fresh-connections": "nothing is connected",
    "wrong-family": "any interface may hold both",
  },
});

describe("the host's own address", () => {
  it("is the one that stays, not those that privacy extensions make up", async () => {
    const held = [
      on("eth0", "2606:2800::1", { temporary: true }),
      on("eth0", "2606:2800::2", { deprecated: true }),
      on("eth0", "2606:2800::3", { tentative: true }),
      on("eth0", "fe80::4"),
      on("eth0", "fd00::5"),
      on("eth0", "2606:2800::6"),
    ];
    expect(await found(held, 6)).toEqual({ address: addressOf("2606:2800::6"), notes: undefined });
  });

  it("is the lowest of several, and that is said", async () => {
    const held = [on("eth1", "93.184.216.100"), on("eth0", "93.184.216.35"), on("eth0", "93.184.216.9")];
    expect(await found(held, 4)).toEqual({
      address: addressOf("93.184.216.9"),
      notes: ["the lowest of 3; the others: 93.184.216.35, 93.184.216.100"],
    });
  });

  it("is no choice when two interfaces hold the same", async () => {
    const held = [on("eth0", "93.184.216.34"), on("eth1", "93.184.216.34")];
    expect((await found(held, 4)).notes).toBeUndefined();
  });

  it("may be looked for on some interfaces only", async () => {
    const held = [on("eth0", "93.184.216.9"), on("ppp0", "93.184.216.34"), on("ppp1", "93.184.216.35")];
    expect((await found(held, 4, { name: "ppp0" })).address.text).toBe("93.184.216.34");
    expect((await found(held, 4, { name: ["ppp1", "ppp0"] })).address.text).toBe("93.184.216.34");
  });

  it("that is private is told only where there is no better, so that its rejection can be explained", async () => {
    const lan = on("eth0", "192.168.1.5");
    expect((await found([lan, on("ppp0", "93.184.216.34")], 4)).address.text).toBe("93.184.216.34");
    expect((await found([lan], 4)).address.text).toBe("192.168.1.5");
  });

  it("is never a loopback or link-local one", async () => {
    const held = [on("lo", "127.0.0.1"), on("eth0", "169.254.3.4"), on("lo", "::1"), on("eth0", "fe80::1")];
    for (const family of [4, 6] as const) {
      await expect(found(held, family)).rejects.toMatchObject({ code: "no-address" });
    }
  });

  it("that is missing is a failure that says what there was", async () => {
    const held = [
      on("eth0", "2606:2800::1", { temporary: true }),
      on("eth0", "2606:2800::2", { temporary: true }),
    ];
    await expect(found(held, 6)).rejects.toThrow(/IPv6 .* any interface: it holds 2, temporary/);
    await expect(found(held, 4)).rejects.toThrow(/IPv4 .*: it holds none/);
  });

  it("on an interface that does not exist is a failure that says which there are", async () => {
    const held = [on("eth0", "93.184.216.34"), on("lo", "127.0.0.1")];
    await expect(found(held, 4, { name: "ppp0" })).rejects.toMatchObject({
      code: "no-interface",
      message: 'Cannot find the interface "ppp0": this host has eth0, lo',
    });
    expect((await found(held, 4, { name: ["ppp0", "eth0"] })).address.text).toBe("93.184.216.34");
  });

  it("is asked for last, unless it is to have a vote of its own", () => {
    expect(create(true, none).witnesses()[0]).toMatchObject({ fallback: true, authenticated: false });
    expect(create({}, none).witnesses()[0]).toMatchObject({ fallback: true, id: "interface" });
    expect(create({ fallback: false }, none).witnesses()[0]).toMatchObject({ fallback: false });
    expect(create({ name: ["b", "a"] }, none).witnesses()[0]?.id).toBe("interface:b,a");
  });

  it("is read from this very host", async () => {
    const [witness] = create({}, createInterfaces()).witnesses();
    const outcome = await witness?.ask(4, NEVER).then(
      ({ address }) => address.family,
      (error: unknown) => error,
    );
    expect([4, expect.objectContaining({ code: "no-address" })]).toContainEqual(outcome);
  });

  it.each([false, "eth0", { name: "" }, { name: [] }, { names: ["eth0"] }])("%j is refused", (config) => {
    expect(interfaceSource.config.safeParse(config).success).toBe(false);
  });
});

const none: Interfaces = { addresses: async () => [] };

function found(held: readonly InterfaceAddress[], family: Family, config: unknown = true) {
  const [witness] = create(config, { addresses: async () => held }).witnesses();
  if (!witness) throw new TypeError("no witness");
  return witness.ask(family, NEVER);
}

function create(config: unknown, interfaces: Interfaces) {
  return interfaceSource.create(interfaceSource.config.parse(config), partialPorts({ interfaces }), {});
}

function on(name: string, text: string, flags: Partial<InterfaceAddress> = {}): InterfaceAddress {
  const address = addressOf(text);
  return { interface: name, address, temporary: false, deprecated: false, tentative: false, ...flags };
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
