import { z } from "zod";
import { type Address, FAMILIES, type Family, parseAddress } from "#core/address.ts";
import { CancelledError, WitnessError } from "#core/errors.ts";
import { operator, type WitnessPort } from "#core/witness.ts";
import { excerpt } from "#sources/_shared/excerpt.ts";
import { defineSource } from "#sources/definition.ts";

const MAX_BYTES = 4096;

const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .meta({ description: "One address a line, at most one of each family; `#` starts a comment." }),
  families: z
    .array(z.literal(FAMILIES))
    .min(1)
    .default([...FAMILIES])
    .meta({ description: "Which of 4 and 6 it is asked for." }),
});

/** A file that something else keeps up to date. */
export const fileSource = defineSource({
  kind: "file",
  title: "A file",
  description:
    "Reads a file that another program keeps up to date, such as a DHCP client's hook or a mounted ConfigMap. It is read anew for every question.",
  config,
  create({ path, families }, { files }) {
    async function ask(family: Family, signal: AbortSignal) {
      if (signal.aborted) throw new CancelledError();
      if (!families.includes(family)) throw refusal(path, "wrong-family", `IPv${family} is not configured`);
      const bytes = await files.read(path).catch((error: unknown) => {
        throw refusal(path, "unreadable", error instanceof Error ? error.message : String(error), error);
      });
      if (signal.aborted) throw new CancelledError();
      if (!bytes) throw refusal(path, "no-file", "there is no such file");
      return { address: addressIn(bytes, path, family) };
    }
    const witness: WitnessPort = {
      id: `file:${path}`,
      source: "file",
      operator: operator("file"),
      authenticated: false,
      roundTrips: 0,
      families: FAMILIES.filter((family) => families.includes(family)),
      decisive: true,
      fallback: false,
      ask,
    };
    return { kind: "file", witnesses: () => [witness] };
  },
});

/** A file with any line amiss says nothing at all: it may be half written, or another file altogether. */
function addressIn(bytes: Uint8Array, path: string, family: Family): Address {
  if (bytes.length > MAX_BYTES) throw refusal(path, "too-large", `more than ${MAX_BYTES} bytes`);
  const lines = new TextDecoder("latin1")
    .decode(bytes)
    .split("\n")
    .map((line) => line.replace(/#.*/, "").replaceAll(/^[\t\r ]+|[\t\r ]+$/g, ""))
    .filter((line) => line !== "");
  const addresses = lines.map((line) => {
    const address = parseAddress(line);
    if (!address)
      throw refusal(path, "not-an-address", `it says ${excerpt(line)}, expected an address a line`);
    return address;
  });
  const [address, ...more] = addresses.filter((other) => other.family === family);
  if (!address) throw refusal(path, "no-address", `it has no IPv${family} address`);
  if (more.length > 0)
    throw refusal(path, "ambiguous", `it has several IPv${family} addresses, expected one`);
  return address;
}

function refusal(path: string, code: string, is: string, cause?: unknown): WitnessError {
  return new WitnessError(`Cannot use the file "${path}": ${is}`, { code, cause });
}
