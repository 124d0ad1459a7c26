import { z } from "zod";
import { FAMILIES } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import { operator, type WitnessPort } from "#core/witness.ts";
import { defineSource } from "#sources/definition.ts";
import { chooseAddress } from "#sources/interface/choose-address.ts";

const interfaceName = z.string().trim().min(1);

const options = z.strictObject({
  name: z
    .union([interfaceName, z.array(interfaceName).min(1)])
    .optional()
    .meta({ description: "The interface, or several, to look at; all unless given." }),
  fallback: z.boolean().default(true).meta({
    description: "Asked only when witnesses outside cannot decide; `false` gives it a vote of its own.",
  }),
});

const config = z
  .union([z.literal(true).transform(() => options.parse({})), options])
  .meta({ description: "`true`, or which interfaces to look at." });

/**
 * The host's own address. Nobody beyond the network can forge it, yet anybody within can: a router
 * advertisement of a neighbour makes an address (RFC 6104). So it is one decisive vote, and no authenticated one.
 */
export const interfaceSource = defineSource({
  kind: "interface",
  title: "This host's interfaces",
  description:
    "Takes the public address that an interface of this host holds: right where the host is the router or has IPv6, silent behind NAT. IPv6 addresses that are temporary (privacy extensions), deprecated or not yet confirmed unique are never taken. A neighbour who sends router advertisements can fool it.",
  config,
  create({ name, fallback }, { interfaces }) {
    const names = typeof name === "string" ? [name] : (name ?? []);
    const witness: WitnessPort = {
      id: names.length === 0 ? "interface" : `interface:${names.join(",")}`,
      source: "interface",
      operator: operator("local"),
      authenticated: false,
      roundTrips: 0,
      families: FAMILIES,
      decisive: true,
      fallback,
      async ask(family, signal) {
        if (signal.aborted) throw new CancelledError();
        const addresses = await interfaces.addresses();
        if (signal.aborted) throw new CancelledError();
        return chooseAddress(addresses, family, names);
      },
    };
    return { kind: "interface", witnesses: () => [witness] };
  },
});
