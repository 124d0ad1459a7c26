import type { Address } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { WitnessError } from "#core/errors.ts";
import type { Testimony } from "#core/witness.ts";
import type { BindingResponse } from "#wire/stun/response.ts";

/** An answer that ends the wait. */
export type Answer = Exclude<BindingResponse, { kind: "discard" }>;

export interface TestimonyOptions {
  /** Whether MAPPED-ADDRESS counts where XOR-MAPPED-ADDRESS is missing. */
  readonly mappedAddress: boolean;
}

/** Whether the address that every server of the last twenty years sends is missing. */
export function lacksXorMappedAddress(answer: Answer): boolean {
  return answer.kind === "no-address" || (answer.kind === "address" && answer.basis === "mapped-address");
}

/**
 * What an answer says of our address.
 *
 * @param id of the witness, for messages
 * @throws {WitnessError} codes `stun-error`, `no-address`, `unknown-attribute`
 */
export function testimonyOf(
  answer: Answer,
  { id, server }: { readonly id: string; readonly server: Address },
  { mappedAddress }: TestimonyOptions,
): Testimony {
  const refuse = (code: string, is: string) =>
    new WitnessError(`Cannot use the answer of "${id}": ${is}, expected an address`, { code });
  switch (answer.kind) {
    case "address": {
      if (answer.basis === "mapped-address" && !mappedAddress) {
        throw refuse("no-address", "it has MAPPED-ADDRESS alone");
      }
      const { address, port } = answer.mapped;
      return { address, port, server, notes: notesOf(answer) };
    }
    case "error":
      throw refuse("stun-error", `it is error ${describeStunError(answer)}`);
    case "no-address":
      throw refuse("no-address", "it has none");
    case "no-error-code":
      throw refuse("stun-error", "it is an error without a code");
    case "uncomprehended":
      throw refuse("unknown-attribute", `it requires unknown attributes (${hexList(answer.types)})`);
  }
}

function notesOf({ basis, contradiction, mapped }: Extract<Answer, { kind: "address" }>): readonly string[] {
  const notes: string[] = [];
  if (basis === "mapped-address") {
    notes.push("The server sent MAPPED-ADDRESS alone, which a gateway on the path may have rewritten");
  }
  if (contradiction) {
    const rewritten = `${formatEndpoint(mapped)} to ${formatEndpoint(contradiction)}`;
    notes.push(
      `A gateway on the path rewrites addresses in packets: MAPPED-ADDRESS was changed from ${rewritten}`,
    );
  }
  return notes;
}

function describeStunError({ error, unknownAttributes }: Extract<Answer, { kind: "error" }>): string {
  const unknown = unknownAttributes.length > 0 ? ` (${hexList(unknownAttributes)})` : "";
  return `${error.code} ${error.reason}`.trim() + unknown;
}

function hexList(types: readonly number[]): string {
  return types.map((type) => `0x${type.toString(16).padStart(4, "0")}`).join(", ");
}
