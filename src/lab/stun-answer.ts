import type { Address } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import { ATTRIBUTE_TYPES, type Attribute, findAttribute, isUncomprehended } from "#wire/stun/attribute.ts";
import { encodeErrorCode, ERROR_CODES } from "#wire/stun/error-code.ts";
import { encodeMappedAddress } from "#wire/stun/mapped-address.ts";
import { BINDING_METHOD, type MessageClass } from "#wire/stun/message-type.ts";
import { decodeMessage, encodeMessage, type ReadMessage } from "#wire/stun/message.ts";
import type { TransportAddress } from "#wire/stun/transport-address.ts";
import { encodeUnknownAttributes } from "#wire/stun/unknown-attributes.ts";
import { encodeXorMappedAddress } from "#wire/stun/xor-mapped-address.ts";

export type StunBehaviour =
  /** As RFC 8489 says. */
  | "honest"
  /** In due form, with the address of somebody else. */
  | "liar"
  | "silent"
  /** Honest, late. */
  | "slow"
  /** Bytes that are no STUN. */
  | "garbage"
  /** Honest, for a request that nobody sent. */
  | "wrong-transaction"
  /** UDP: honest, from another port; TCP: silent. */
  | "spoofed-port"
  /** The first half of an honest answer. */
  | "truncated"
  /** 500 Server Error. */
  | "error"
  /** A success without any address. */
  | "no-address"
  /** MAPPED-ADDRESS alone, as servers of the age of RFC 3489. */
  | "mapped-only";

/** What an answer is made from. */
export interface StunRequest {
  readonly bytes: Uint8Array;
  /** What an honest server tells. */
  readonly truth: TransportAddress;
  readonly lie: Address;
}

/** @returns `undefined` where nothing is sent, as to anything but a Binding request */
export function stunAnswer(behaviour: StunBehaviour, request: StunRequest): Uint8Array | undefined {
  const message = readRequest(request.bytes);
  if (!message) return undefined;
  switch (behaviour) {
    case "honest":
    case "slow":
    case "spoofed-port":
      return honest(message, request.truth);
    case "liar":
      return honest(message, { ...request.truth, address: request.lie });
    case "silent":
      return undefined;
    case "garbage":
      return new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
    case "wrong-transaction":
      return honest(
        { ...message, transactionId: message.transactionId.map((byte) => byte ^ 0xff) },
        request.truth,
      );
    case "truncated":
      return firstHalf(honest(message, request.truth));
    case "error":
      return encode(message, "error", [
        encodeErrorCode({ code: ERROR_CODES.SERVER_ERROR, reason: "Server Error" }),
      ]);
    case "no-address":
      return encode(message, "success", []);
    case "mapped-only":
      return encode(message, "success", [encodeMappedAddress(request.truth)]);
  }
}

function readRequest(bytes: Uint8Array): ReadMessage | undefined {
  try {
    const message = decodeMessage(bytes);
    const isRequest = message.messageClass === "request" && message.method === BINDING_METHOD;
    return isRequest ? message : undefined;
  } catch (error: unknown) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function honest(request: ReadMessage, truth: TransportAddress): Uint8Array {
  const unknown = request.attributes.map(({ type }) => type).filter((type) => isUncomprehended(type));
  if (unknown.length === 0)
    return encode(request, "success", [encodeXorMappedAddress(truth, request.transactionId)]);
  const code = encodeErrorCode({ code: ERROR_CODES.UNKNOWN_ATTRIBUTE, reason: "Unknown Attribute" });
  return encode(request, "error", [code, encodeUnknownAttributes(unknown)]);
}

/** With FINGERPRINT when the request had one. */
function encode(
  request: ReadMessage,
  messageClass: MessageClass,
  attributes: readonly Attribute[],
): Uint8Array {
  const { method, transactionId } = request;
  const fingerprint = findAttribute(request.attributes, ATTRIBUTE_TYPES.FINGERPRINT) !== undefined;
  return encodeMessage({ method, messageClass, transactionId, attributes }, { fingerprint });
}

function firstHalf(message: Uint8Array): Uint8Array {
  return message.subarray(0, message.length / 2);
}
