import { WireError } from "#core/errors.ts";
import {
  ATTRIBUTE_TYPES,
  effectiveAttributes,
  findAttribute,
  isUncomprehended,
  type ReadAttribute,
} from "#wire/stun/attribute.ts";
import { decodeErrorCode, type ErrorCode } from "#wire/stun/error-code.ts";
import type { TransactionId } from "#wire/stun/header.ts";
import { decodeMappedAddress } from "#wire/stun/mapped-address.ts";
import { BINDING_METHOD } from "#wire/stun/message-type.ts";
import { decodeMessage, type ReadMessage } from "#wire/stun/message.ts";
import type { TransportAddress } from "#wire/stun/transport-address.ts";
import { decodeUnknownAttributes } from "#wire/stun/unknown-attributes.ts";
import { decodeXorMappedAddress } from "#wire/stun/xor-mapped-address.ts";

/** What some bytes mean to the client that waits for the answer to its Binding request. */
export type BindingResponse =
  | {
      readonly kind: "address";
      readonly mapped: TransportAddress;
      /** The attribute it was read from; a gateway may have rewritten MAPPED-ADDRESS. */
      readonly basis: "legacy-xor-mapped-address" | "mapped-address" | "xor-mapped-address";
      /** MAPPED-ADDRESS where it contradicts: a gateway on the path rewrites packets (RFC 5780 section 3.6). */
      readonly contradiction: TransportAddress | undefined;
    }
  /** The server said no. Every code ends the transaction; ALTERNATE-SERVER of a 300 is never followed. */
  | { readonly kind: "error"; readonly error: ErrorCode; readonly unknownAttributes: readonly number[] }
  /** An answer of the server that cannot be used; no other will come. */
  | { readonly kind: "no-address" }
  | { readonly kind: "no-error-code" }
  | { readonly kind: "uncomprehended"; readonly types: readonly number[] }
  /** Not the answer: forged, damaged or late. To be dropped in silence while the wait goes on. */
  | { readonly kind: "discard"; readonly error: WireError };

/**
 * Reads an answer in the order of RFC 8489 section 6.3: form, type, transaction id, FINGERPRINT, unknown
 * comprehension-required attributes, and then what the class asks for. That the sender is the server that was
 * asked is the socket's part.
 *
 * @param bytes a datagram, or a message that {@link MessageFramer} cut out of a stream
 */
export function interpretBindingResponse(bytes: Uint8Array, transactionId: TransactionId): BindingResponse {
  try {
    return interpretMessage(decodeMessage(bytes), transactionId);
  } catch (error: unknown) {
    if (error instanceof WireError) return { kind: "discard", error };
    throw error;
  }
}

function interpretMessage(message: ReadMessage, transactionId: TransactionId): BindingResponse {
  checkAnswers(message, transactionId);
  const attributes = effectiveAttributes(message.attributes);
  const types = attributes.map(({ type }) => type).filter((type) => isUncomprehended(type));
  if (types.length > 0) return { kind: "uncomprehended", types: [...new Set(types)] };
  return message.messageClass === "success"
    ? interpretSuccess(attributes, transactionId)
    : interpretError(attributes);
}

function checkAnswers({ method, messageClass, ...message }: ReadMessage, transactionId: TransactionId): void {
  const isResponse = messageClass === "success" || messageClass === "error";
  if (method !== BINDING_METHOD || !isResponse) {
    throw new WireError(
      "message type",
      0,
      `is ${messageClass} of method ${method}, expected a Binding response`,
    );
  }
  if (message.transactionId.some((byte, index) => byte !== transactionId[index])) {
    throw new WireError("transaction id", 8, "is of another transaction, expected that of the request");
  }
}

function interpretSuccess(
  attributes: readonly ReadAttribute[],
  transactionId: TransactionId,
): BindingResponse {
  const read = (type: number, decode: (value: Uint8Array) => TransportAddress | undefined) => {
    const attribute = findAttribute(attributes, type);
    return attribute && decode(attribute.value);
  };
  const unmask = (value: Uint8Array) => decodeXorMappedAddress(value, transactionId);
  const plain = read(ATTRIBUTE_TYPES.MAPPED_ADDRESS, decodeMappedAddress);
  const xor = read(ATTRIBUTE_TYPES.XOR_MAPPED_ADDRESS, unmask);
  if (xor) return addressed("xor-mapped-address", xor, plain);
  const legacy = read(ATTRIBUTE_TYPES.LEGACY_XOR_MAPPED_ADDRESS, unmask);
  if (legacy) return addressed("legacy-xor-mapped-address", legacy, plain);
  return plain ? addressed("mapped-address", plain, undefined) : { kind: "no-address" };
}

function addressed(
  basis: Extract<BindingResponse, { kind: "address" }>["basis"],
  mapped: TransportAddress,
  plain: TransportAddress | undefined,
): BindingResponse {
  const isContradicted = plain && (plain.address.text !== mapped.address.text || plain.port !== mapped.port);
  return { kind: "address", basis, mapped, contradiction: isContradicted ? plain : undefined };
}

function interpretError(attributes: readonly ReadAttribute[]): BindingResponse {
  const code = findAttribute(attributes, ATTRIBUTE_TYPES.ERROR_CODE);
  if (!code) return { kind: "no-error-code" };
  const unknown = findAttribute(attributes, ATTRIBUTE_TYPES.UNKNOWN_ATTRIBUTES);
  const unknownAttributes = unknown ? decodeUnknownAttributes(unknown.value) : [];
  return { kind: "error", error: decodeErrorCode(code.value), unknownAttributes };
}
