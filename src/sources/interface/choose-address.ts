import { type Address, compareAddresses, type Family } from "#core/address.ts";
import { WitnessError } from "#core/errors.ts";
import type { InterfaceAddress } from "#core/ports.ts";
import { unpublishableReason } from "#core/publishable.ts";
import type { Testimony } from "#core/witness.ts";

/**
 * The address of a host that stays: of the family, on one of the interfaces, neither temporary, deprecated nor
 * tentative. Publishable ones win; where there is none, a private one is told all the same, because the person
 * wants to know why it does not count, and may have opened its range.
 *
 * @param names of interfaces; empty for all
 * @throws {WitnessError} codes `no-interface`, `no-address`
 */
export function chooseAddress(
  all: readonly InterfaceAddress[],
  family: Family,
  names: readonly string[],
): Testimony {
  checkNames(all, names);
  const held = all.filter(
    (entry) =>
      entry.address.family === family &&
      !isOfTheHostAlone(entry.address) &&
      (names.length === 0 || names.includes(entry.interface)),
  );
  const lasting = held.filter((entry) => !entry.temporary && !entry.deprecated && !entry.tentative);
  const publishable = lasting.filter(({ address }) => !unpublishableReason(address));
  const candidates = publishable.length > 0 ? publishable : lasting;
  const [first, ...others] = candidates.map(({ address }) => address).toSorted(compareAddresses);
  if (!first) throw noAddress(family, names, held.length);
  const rest = [...new Set(others.map(({ text }) => text))].filter((text) => text !== first.text);
  const notes =
    rest.length > 0 ? [`the lowest of ${rest.length + 1}; the others: ${rest.join(", ")}`] : undefined;
  return { address: first, notes };
}

/** Loopback and link-local addresses mean nothing to anybody else, whatever ranges were opened. */
function isOfTheHostAlone(address: Address): boolean {
  const reason = unpublishableReason(address);
  return reason === "loopback" || reason === "link-local";
}

function checkNames(all: readonly InterfaceAddress[], names: readonly string[]): void {
  const present = [...new Set(all.map((entry) => entry.interface))].toSorted();
  const missing = names.filter((name) => !present.includes(name));
  if (missing.length === 0 || missing.length < names.length) return;
  const message = `Cannot find the interface "${missing.join('", "')}": this host has ${present.join(", ") || "none with an address"}`;
  throw new WitnessError(message, { code: "no-interface" });
}

function noAddress(family: Family, names: readonly string[], passing: number): WitnessError {
  const where = names.length === 0 ? "any interface" : `the interface ${names.join(", ")}`;
  const is =
    passing === 0 ? "it holds none" : `it holds ${passing}, temporary, deprecated or not yet confirmed`;
  const message = `Cannot find an IPv${family} address on ${where}: ${is}, expected one that stays`;
  return new WitnessError(message, { code: "no-address" });
}
