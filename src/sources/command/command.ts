import { z } from "zod";
import { type Address, FAMILIES, type Family } from "#core/address.ts";
import { CancelledError, EsddnsError, WitnessError } from "#core/errors.ts";
import type { Clock, Commands } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import { operator, type WitnessPort } from "#core/witness.ts";
import { durationSchema } from "#sources/_shared/duration-schema.ts";
import { excerpt } from "#sources/_shared/excerpt.ts";
import { soleAddress } from "#sources/_shared/sole-address.ts";
import { defineSource } from "#sources/definition.ts";

const MAX_BYTES = 4096;

const config = z.strictObject({
  argv: z.tuple([z.string().min(1)], z.string()).meta({
    description:
      "The program and its arguments; no shell is involved. `{family}` in an argument stands for 4 or 6.",
  }),
  timeout: durationSchema({ min: "10ms", max: "60s" })
    .prefault("5s")
    .meta({ description: "The program is ended after this." }),
  families: z
    .array(z.literal(FAMILIES))
    .min(1)
    .default([4])
    .meta({ description: "Which of 4 and 6 it is asked for." }),
});

/** A program of the user's. */
export const commandSource = defineSource({
  kind: "command",
  title: "A program",
  description:
    "Runs a program whose whole output is one address, for networks that nothing else can see. Its word is taken as one vote.",
  config,
  create({ argv: [program, ...parameters], timeout, families }, { commands, clock }) {
    async function ask(family: Family, signal: AbortSignal) {
      if (signal.aborted) throw new CancelledError();
      if (!families.includes(family))
        throw refusal(program, "wrong-family", `IPv${family} is not configured`);
      const given = parameters.map((parameter) => parameter.replaceAll("{family}", `${family}`));
      const output = await runInTime(program, given, { commands, clock, timeout }, signal);
      return { address: readOutput(program, output, family) };
    }
    const witness: WitnessPort = {
      id: `command:${program}`,
      source: "command",
      operator: operator("command"),
      authenticated: false,
      roundTrips: 0,
      families: FAMILIES.filter((family) => families.includes(family)),
      decisive: true,
      fallback: false,
      ask,
    };
    return { kind: "command", witnesses: () => [witness] };
  },
});

interface Means {
  readonly commands: Commands;
  readonly clock: Clock;
  readonly timeout: Milliseconds;
}

async function runInTime(
  program: string,
  parameters: readonly string[],
  { commands, clock, timeout }: Means,
  signal: AbortSignal,
): Promise<string> {
  const late = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(timeout, AbortSignal.any([signal, done.signal])).then(
    () => late.abort(),
    () => {},
  );
  try {
    const scope = AbortSignal.any([signal, late.signal]);
    return await commands.run([program, ...parameters], { maxBytes: MAX_BYTES }, scope);
  } catch (error) {
    if (signal.aborted) throw new CancelledError();
    if (late.signal.aborted) throw refusal(program, "timeout", `it did not end within ${timeout} ms`);
    if (error instanceof EsddnsError) throw error;
    throw refusal(program, "command", String(error), error);
  } finally {
    done.abort();
    await timer;
  }
}

function readOutput(program: string, output: string, family: Family): Address {
  const address = soleAddress(output);
  if (!address) {
    throw refusal(
      program,
      "not-an-address",
      `it says ${excerpt(output)}, expected one address and nothing else`,
    );
  }
  if (address.family === family) return address;
  throw refusal(program, "wrong-family", `it says "${address.text}", expected an IPv${family} address`);
}

function refusal(program: string, code: string, is: string, cause?: unknown): WitnessError {
  return new WitnessError(`Cannot use the program "${program}": ${is}`, { code, cause });
}
