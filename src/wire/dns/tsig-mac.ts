import { WireError } from "#core/errors.ts";
import type { Hashes } from "#core/ports.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { ARCOUNT_OFFSET, readMessage } from "#wire/dns/message.ts";
import { lowerCaseName, writeName } from "#wire/dns/name.ts";
import type { TsigData } from "#wire/dns/tsig-data.ts";
import { TSIG_ALGORITHMS, type TsigKey } from "#wire/dns/tsig-key.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

/** A message taken apart again: what was signed, and the signature. */
export interface SignedMessage {
  /** As it was before TSIG was added: original ID, one additional record fewer. */
  readonly unsigned: Uint8Array;
  readonly keyName: string;
  readonly tsig: TsigData;
}

/**
 * The MAC over a message (RFC 8945 section 4.3).
 *
 * @param unsigned the message before TSIG is added
 * @param priorMac of the request, when this is its answer
 */
export function computeMac(
  unsigned: Uint8Array,
  key: TsigKey,
  variables: Omit<TsigData, "algorithm" | "mac" | "originalId">,
  priorMac: Uint8Array | undefined,
  hashes: Hashes,
): Uint8Array {
  const digest = new ByteWriter();
  if (priorMac) digest.uint16(priorMac.length).bytes(priorMac);
  digest.bytes(unsigned);
  writeName(digest, lowerCaseName(key.name));
  digest.uint16(CLASS.ANY).uint32(0);
  writeName(digest, key.algorithm);
  digest.uint48(variables.timeSigned).uint16(variables.fudge).uint16(variables.error);
  digest.uint16(variables.other.length).bytes(variables.other);
  return hashes.hmac(TSIG_ALGORITHMS[key.algorithm].hash, key.secret, digest.toBytes());
}

/** `BADTRUNC`: a shortened MAC; nobody we speak to has to shorten it (RFC 8945 section 5.2.2.1). */
export function checkMac(
  signed: SignedMessage,
  key: TsigKey,
  priorMac: Uint8Array | undefined,
  hashes: Hashes,
): "BADSIG" | "BADTRUNC" | "good" {
  const { mac } = signed.tsig;
  if (mac.length < TSIG_ALGORITHMS[key.algorithm].macLength) return "BADTRUNC";
  return hashes.equal(mac, computeMac(signed.unsigned, key, signed.tsig, priorMac, hashes))
    ? "good"
    : "BADSIG";
}

/**
 * @returns `undefined` when the message carries no signature
 * @throws {WireError} when TSIG is not the very last record, or there are several (RFC 8945 section 5.1)
 */
export function splitSigned(bytes: Uint8Array): SignedMessage | undefined {
  const { message, lastRecord } = readMessage(bytes);
  const records = [...message.answers, ...message.authorities, ...message.additionals];
  const signatures = records.filter(({ type }) => type === TYPE.TSIG);
  if (signatures.length === 0) return undefined;
  const last = message.additionals.at(-1);
  if (signatures.length > 1 || last?.type !== TYPE.TSIG)
    throw new WireError("TSIG", lastRecord, "it is not the one last record of the message");
  if (last.data.kind !== "tsig" || last.class !== CLASS.ANY || last.ttl !== 0)
    throw new WireError("TSIG", lastRecord, "its class, TTL or data are wrong, expected ANY and 0");
  const { tsig } = last.data;
  const unsigned = new ByteWriter().bytes(bytes.subarray(0, lastRecord));
  unsigned.setUint16(0, tsig.originalId).setUint16(ARCOUNT_OFFSET, message.additionals.length - 1);
  return { unsigned: unsigned.toBytes(), keyName: last.name, tsig };
}

/** The server's clock in a BADTIME answer, in seconds since 1970 (RFC 8945 section 5.2.3). */
export function readServerTime(tsig: TsigData): number | undefined {
  return tsig.other.length === 6 ? new Cursor(tsig.other).uint48("Other Data") : undefined;
}

export function writeServerTime(seconds: number): Uint8Array {
  return new ByteWriter().uint48(seconds).toBytes();
}
