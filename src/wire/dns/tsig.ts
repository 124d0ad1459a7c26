import type { Hashes } from "#core/ports.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { ARCOUNT_OFFSET } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import { writeRecord } from "#wire/dns/resource-record.ts";
import { isKeyOf, type TsigKey } from "#wire/dns/tsig-key.ts";
import { checkMac, computeMac, readServerTime, splitSigned, writeServerTime } from "#wire/dns/tsig-mac.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

/** Seconds that the clocks may differ (RFC 8945 section 10). */
const FUDGE = 300;

export interface Signed {
  readonly bytes: Uint8Array;
  /** Needed to verify the answer, or to sign it. */
  readonly mac: Uint8Array;
}

export interface Signing {
  /** Seconds since 1970. */
  readonly at: number;
  /** Of the request, when this is its answer. */
  readonly priorMac?: Uint8Array | undefined;
  /** In an answer of BADTIME: the server's clock, while `at` repeats the client's. */
  readonly serverTime?: number | undefined;
}

/** Adds a signature to a finished message (RFC 8945 section 5.1). */
export function signMessage(unsigned: Uint8Array, key: TsigKey, signing: Signing, hashes: Hashes): Signed {
  const late = signing.serverTime !== undefined;
  const variables = {
    timeSigned: signing.at,
    fudge: FUDGE,
    error: late ? RCODE.BADTIME : RCODE.NOERROR,
    other: late ? writeServerTime(signing.serverTime) : new Uint8Array(),
  };
  const mac = computeMac(unsigned, key, variables, signing.priorMac, hashes);
  return { mac, bytes: appendTsig(unsigned, key.name, key.algorithm, { ...variables, mac }) };
}

/**
 * Says in an answer why the request's signature was not accepted; there is nothing to sign it with
 * (RFC 8945 section 5.2).
 */
export function refuseSignature(
  unsigned: Uint8Array,
  request: { readonly keyName: string; readonly algorithm: string; readonly at: number },
  error: number,
): Uint8Array {
  const variables = { timeSigned: request.at, fudge: FUDGE, error, other: new Uint8Array() };
  return appendTsig(unsigned, request.keyName, request.algorithm, { ...variables, mac: new Uint8Array() });
}

export type AnswerVerdict =
  | { readonly kind: "verified" }
  /** No signature at all: such an answer to a signed request says nothing. */
  | { readonly kind: "unsigned" }
  /** Not from the holder of the key, or not to this request; `serverTime` with BADTIME. */
  | {
      readonly kind: "untrusted";
      readonly error: "BADKEY" | "BADSIG" | "BADTIME" | "BADTRUNC";
      readonly serverTime?: number | undefined;
    }
  /** The server did not accept our signature. It can sign only BADTIME: the others anybody may have sent. */
  | {
      readonly kind: "refused";
      readonly error: number;
      readonly signed: boolean;
      /** Seconds since 1970, with BADTIME. */
      readonly serverTime?: number | undefined;
    };

/**
 * Whether an answer comes from the holder of the key and answers exactly our request (RFC 8945 section 5.3).
 *
 * @param requestMac from {@link signMessage}
 * @param now seconds since 1970
 * @throws {WireError} when it is no message, or its TSIG record is malformed
 */
export function verifyAnswer(
  bytes: Uint8Array,
  key: TsigKey,
  requestMac: Uint8Array,
  now: number,
  hashes: Hashes,
): AnswerVerdict {
  const signed = splitSigned(bytes);
  if (!signed) return { kind: "unsigned" };
  const { tsig, keyName } = signed;
  const refusal = { kind: "refused", error: tsig.error, serverTime: readServerTime(tsig) } as const;
  if (tsig.error !== RCODE.NOERROR && tsig.mac.length === 0) return { ...refusal, signed: false };
  if (!isKeyOf(key, keyName, tsig.algorithm)) return { kind: "untrusted", error: "BADKEY" };
  const result = checkMac(signed, key, requestMac, hashes);
  if (result !== "good") return { kind: "untrusted", error: result };
  if (tsig.error !== RCODE.NOERROR) return { ...refusal, signed: true };
  if (Math.abs(now - tsig.timeSigned) > tsig.fudge)
    return { kind: "untrusted", error: "BADTIME", serverTime: tsig.timeSigned };
  return { kind: "verified" };
}

export type RequestVerdict =
  | { readonly kind: "verified"; readonly key: TsigKey; readonly mac: Uint8Array; readonly at: number }
  | { readonly kind: "unsigned" }
  | {
      readonly kind: "refused";
      readonly error: "BADKEY" | "BADSIG" | "BADTIME" | "BADTRUNC";
      readonly keyName: string;
      readonly algorithm: string;
      readonly at: number;
      /** With BADTIME alone: the answer can be signed. */
      readonly key?: TsigKey | undefined;
      readonly mac: Uint8Array;
    };

/** The server's side: key, MAC and time are checked in this order (RFC 8945 section 5.2). */
export function verifyRequest(
  bytes: Uint8Array,
  keys: readonly TsigKey[],
  now: number,
  hashes: Hashes,
): RequestVerdict {
  const signed = splitSigned(bytes);
  if (!signed) return { kind: "unsigned" };
  const { tsig, keyName } = signed;
  const { algorithm, mac, timeSigned: at, fudge } = tsig;
  const refusal = { kind: "refused", keyName, algorithm, at, mac } as const;
  const key = keys.find((candidate) => isKeyOf(candidate, keyName, algorithm));
  if (!key) return { ...refusal, error: "BADKEY" };
  const result = checkMac(signed, key, undefined, hashes);
  if (result !== "good") return { ...refusal, error: result };
  if (Math.abs(now - at) > fudge) return { ...refusal, error: "BADTIME", key };
  return { kind: "verified", key, mac, at };
}

function appendTsig(
  unsigned: Uint8Array,
  keyName: string,
  algorithm: string,
  variables: {
    readonly timeSigned: number;
    readonly fudge: number;
    readonly mac: Uint8Array;
    readonly error: number;
    readonly other: Uint8Array;
  },
): Uint8Array {
  const header = new Cursor(unsigned);
  const originalId = header.uint16("ID");
  const count = new Cursor(unsigned, ARCOUNT_OFFSET).uint16("ARCOUNT");
  const writer = new ByteWriter().bytes(unsigned).setUint16(ARCOUNT_OFFSET, count + 1);
  const data = { kind: "tsig", tsig: { algorithm, originalId, ...variables } } as const;
  writeRecord(writer, { name: keyName, type: TYPE.TSIG, class: CLASS.ANY, ttl: 0, data });
  return writer.toBytes();
}
