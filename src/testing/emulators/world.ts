import type { Clock, Ports } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import { Secret, type SecretReference } from "#core/secret.ts";
import { createPorts } from "#platform/ports.ts";
import type { Emulator, Fault } from "#testing/emulators/emulator.ts";
import { type ProviderFault, type ProviderWorld, rememberingLog } from "#testing/provider-contract.ts";

/** Real ports of this host with a log that remembers and, where given, another clock. */
export function testPorts(clock?: Clock): Ports & { logged(): string; close(): Promise<void> } {
  const log = rememberingLog();
  const ports = createPorts({ log, secrets: { open: openPlain } });
  const changed: Ports & { close(): Promise<void> } = clock ? { ...ports, clock } : ports;
  return { ...changed, logged: () => log.text() };
}

/** The secret of a configuration that has it as text. */
export function openPlain(reference: SecretReference): Secret {
  if (reference.kind !== "plain") throw new TypeError("tests have their secrets in plain text");
  return new Secret(() => reference.text);
}

export interface EmulatedWorld extends Pick<ProviderWorld, "later" | "peek" | "seed" | "zone"> {
  readonly emulator: Emulator;
  readonly ports: ReturnType<typeof testPorts>;
  readonly provider: Provider;
  withWrongSecret(): Provider;
  readonly secrets: readonly string[];
  /** An error in the vendor's form. */
  readonly errorBody: (status: number, words: string) => unknown;
}

/** What the contract needs beside what is the vendor's own. */
export function emulatedWorld(world: EmulatedWorld): ProviderWorld {
  const { emulator, ports } = world;
  return {
    ...world,
    fault: (fault, on) => emulator.fault(faultOf(fault, world.errorBody), { on }),
    traffic: () => ({ reads: emulator.reads, writes: emulator.writes }),
    pending: () => emulator.pending,
    logged: () => ports.logged(),
    async close() {
      await ports.close();
      await emulator.close();
    },
  };
}

function faultOf(fault: ProviderFault, errorBody: (status: number, words: string) => unknown): Fault {
  switch (fault.kind) {
    case "status": {
      const { status, retryAfter, words = "no" } = fault;
      const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
      return { kind: "status", status, headers, body: errorBody(status, words) };
    }
    case "garbage":
    case "half-body":
      return { kind: fault.kind, applied: true };
    case "lost-answer":
      return { kind: "close", applied: true };
    case "lost-request":
      return { kind: "close", applied: false };
    case "stall":
      return { kind: "stall", applied: false };
  }
}
