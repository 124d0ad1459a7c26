/** Record types that esddns reads or writes (IANA "Resource Record (RR) TYPEs"). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TSIG: 250,
  ANY: 255,
} as const;

/** `IN` and `CH` name data; `NONE` and `ANY` carry meaning in updates (RFC 2136 section 1.3). */
export const CLASS = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

/** RFC 1035 section 4.1.1 and RFC 2136 section 1.3. */
export const OPCODE = { QUERY: 0, UPDATE: 5 } as const;
