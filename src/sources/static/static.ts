import { z } from "zod";
import { type Address, type Family, FAMILIES, parseAddress } from "#core/address.ts";
import { CancelledError, WitnessError } from "#core/errors.ts";
import { operator, type WitnessPort } from "#core/witness.ts";
import { defineSource } from "#sources/definition.ts";

const config = z
  .strictObject({
    ipv4: addressText(4).optional().meta({ description: "An IPv4 address, e.g. 192.0.2.1." }),
    ipv6: addressText(6).optional().meta({ description: "An IPv6 address, e.g. 2001:db8::1." }),
  })
  .refine(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined, {
    error: "expected ipv4, ipv6 or both",
  });

/** What the configuration itself says: as authentic as the records that it asks for. */
export const staticSource = defineSource({
  kind: "static",
  title: "Fixed addresses",
  description: "Says what the configuration says. For tests, and for networks whose address never moves.",
  config,
  create({ ipv4, ipv6 }) {
    const addresses = [ipv4, ipv6].flatMap((text) => parseAddress(text ?? "") ?? []);
    const witness: WitnessPort = {
      id: "static",
      source: "static",
      operator: operator("static"),
      authenticated: true,
      roundTrips: 0,
      families: FAMILIES.filter((family) => addressOf(addresses, family)),
      decisive: true,
      fallback: false,
      async ask(family, signal) {
        if (signal.aborted) throw new CancelledError();
        const address = addressOf(addresses, family);
        if (address) return { address };
        const message = `Cannot find an IPv${family} address in the static source: it has none configured`;
        throw new WitnessError(message, { code: "wrong-family", retry: "never" });
      },
    };
    return { kind: "static", witnesses: () => [witness] };
  },
});

function addressText(family: Family) {
  return z.string().refine((text) => parseAddress(text)?.family === family, {
    error: `expected an IPv${family} address`,
  });
}

function addressOf(addresses: readonly Address[], family: Family): Address | undefined {
  return addresses.find((address) => address.family === family);
}
