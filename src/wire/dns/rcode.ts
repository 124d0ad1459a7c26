/**
 * What a server says became of the request. From 16 on they do not fit the header: those stand in the
 * signature's error field (RFC 8945 section 3), or in OPT.
 *
 * @see https://www.iana.org/assignments/dns-parameters (DNS RCODEs)
 */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADTRUNC: 22,
} as const;

const NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** `NXDOMAIN`; `RCODE 11` for one without a name here. */
export function formatRcode(rcode: number): string {
  return NAMES.get(rcode) ?? `RCODE ${rcode}`;
}
