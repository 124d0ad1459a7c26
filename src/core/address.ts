/** 4 for IPv4, 6 for IPv6. The two are discovered, decided and published apart from each other. */
export type Family = 4 | 6;

export const FAMILIES: readonly Family[] = [4, 6];

/**
 * An IP address, parsed once at the edge.
 *
 * Two addresses are the same exactly when their `text` is the same: `text` is canonical
 * (dotted decimal for IPv4, RFC 5952 section 4 for IPv6) and never carries a zone id.
 */
export interface Address {
  readonly family: Family;
  /** 4 or 16 bytes, network order. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * @param bytes 4 or 16 bytes, network order; copied
 * @throws {RangeError} for any other length
 */
export function addressFromBytes(bytes: Uint8Array): Address {
  const copy = bytes.slice();
  if (copy.length === 4) return { family: 4, bytes: copy, text: copy.join(".") };
  if (copy.length === 16) return { family: 6, bytes: copy, text: formatIpv6(copy) };
  throw new RangeError(`Cannot make an address of ${bytes.length} bytes, expected 4 or 16`);
}

/**
 * Strict: four decimal parts without leading zeros, or RFC 4291 section 2.2 text. No spaces, no port,
 * no prefix length, no zone id, no short or octal forms.
 */
export function parseAddress(text: string): Address | undefined {
  const bytes = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  return bytes && addressFromBytes(bytes);
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.text === b.text;
}

/** Orders IPv4 before IPv6 and then by bytes: the order of every list of addresses that leaves core. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  for (const [index, byte] of a.bytes.entries()) {
    const difference = byte - (b.bytes[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const end = tail ?? [];
  const missing = 16 - head.length - end.length;
  // "::" stands for at least one group (RFC 4291 section 2.2)
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...Array<number>(missing).fill(0), ...end]);
}

/** Bytes of "a:b:c", where the last group of an address may be an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const ipv4 = mayEndInIpv4 && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4) {
      bytes.push(...ipv4);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

function formatIpv6(bytes: Uint8Array): string {
  // RFC 5952 section 5: IPv4-mapped addresses keep their dotted part
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (gap.length < 2) return hex(groups);
  return `${hex(groups.slice(0, gap.start))}::${hex(groups.slice(gap.start + gap.length))}`;
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
