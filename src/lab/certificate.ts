import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Address } from "#core/address.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from "#lab/der.ts";

/** What a TLS server presents. PEM, as `node:tls` takes it. */
export interface ServerCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  /** At least one of `dnsNames` and `addresses` must not be empty. A wildcard label is allowed. */
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly Address[];
  /** Start of the validity; a date far enough back makes an expired certificate. */
  readonly now: Date;
  /** How long it is valid; 30 unless given. */
  readonly days?: number;
}

/** A certificate authority that lives in memory, for servers of the lab and of tests. */
export interface Authority {
  /** To be trusted by clients. */
  readonly certificatePem: string;
  issue(request: CertificateRequest): ServerCertificate;
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const COMMON_NAME = objectIdentifier("2.5.4.3");
/** RFC 5280 section 4.2.1. */
const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
} as const;
const SERVER_AUTH = objectIdentifier("1.3.6.1.5.5.7.3.1");
/** RFC 5280 section 4.2.1.3, with the number of unused bits at the end. */
const DIGITAL_SIGNATURE = bitString(Uint8Array.of(0b1000_0000), 7);
const SIGNS_CERTIFICATES_AND_LISTS = bitString(Uint8Array.of(0b0000_0110), 1);

const DAY = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 30;
/** Clocks of clients may be a little behind. */
const BACKDATED = 60 * 60 * 1000;

/**
 * A certificate authority (EC P-256, SHA-256, X.509 v3) with a new key.
 *
 * @param options.name its common name, shown in error messages of clients
 * @see RFC 5280 section 4
 */
export function createAuthority(options: { readonly name: string; readonly now: Date }): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = commonName(options.name);
  const keyId = keyIdentifier(publicKey);
  const certify = (tbs: Omit<Tbs, "issuer">) => signed({ ...tbs, issuer }, privateKey);
  const certificatePem = certify({
    subject: issuer,
    publicKey,
    notBefore: new Date(options.now.getTime() - BACKDATED),
    notAfter: new Date(options.now.getTime() + AUTHORITY_DAYS * DAY),
    extensions: [
      critical(EXTENSION.basicConstraints, sequence(boolean(true))),
      critical(EXTENSION.keyUsage, SIGNS_CERTIFICATES_AND_LISTS),
      extension(EXTENSION.subjectKeyIdentifier, octetString(keyId)),
    ],
  });
  return { certificatePem, issue: (request) => issueServer(request, keyId, certify) };
}

function issueServer(
  { dnsNames = [], addresses = [], now, days = SERVER_DAYS }: CertificateRequest,
  authorityKeyId: Uint8Array,
  certify: (tbs: Omit<Tbs, "issuer">) => string,
): ServerCertificate {
  const [name] = [...dnsNames, ...addresses.map(({ text }) => text)];
  if (name === undefined) throw new RangeError("Cannot issue a certificate for no name and no address");
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificatePem = certify({
    subject: commonName(name),
    publicKey,
    notBefore: new Date(now.getTime() - BACKDATED),
    notAfter: new Date(now.getTime() + days * DAY),
    extensions: [
      critical(EXTENSION.basicConstraints, sequence()),
      critical(EXTENSION.keyUsage, DIGITAL_SIGNATURE),
      extension(EXTENSION.extKeyUsage, sequence(SERVER_AUTH)),
      extension(EXTENSION.subjectAltName, alternativeNames(dnsNames, addresses)),
      extension(EXTENSION.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      extension(EXTENSION.authorityKeyIdentifier, sequence(implicit(0, authorityKeyId))),
    ],
  });
  return { certificatePem, keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** The part of a certificate that its authority signs. */
interface Tbs {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Uint8Array[];
}

/** @returns the certificate as PEM (RFC 5280 section 4.1, RFC 7468 section 5) */
function signed(tbs: Tbs, authorityKey: KeyObject): string {
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    tbs.issuer,
    sequence(time(tbs.notBefore), time(tbs.notAfter)),
    tbs.subject,
    tbs.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...tbs.extensions)),
  );
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(sign("sha256", body, authorityKey)));
  const lines = Buffer.from(certificate)
    .toString("base64")
    .match(/.{1,64}/g);
  return ["-----BEGIN CERTIFICATE-----", ...(lines ?? []), "-----END CERTIFICATE-----", ""].join("\n");
}

function commonName(name: string): Uint8Array {
  return sequence(setOf(sequence(COMMON_NAME, utf8String(name))));
}

/** GeneralNames: dNSName is [2], iPAddress is [7] (RFC 5280 section 4.2.1.6). */
function alternativeNames(dnsNames: readonly string[], addresses: readonly Address[]): Uint8Array {
  const names = dnsNames.map((name) => implicit(2, new TextEncoder().encode(name)));
  return sequence(...names, ...addresses.map(({ bytes }) => implicit(7, bytes)));
}

/** SHA-1 of the public key's bits (RFC 5280 section 4.2.1.2, method 1): an uncompressed P-256 point, 65 bytes. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const point = publicKey.export({ type: "spki", format: "der" }).subarray(-65);
  return createHash("sha1").update(point).digest();
}

function extension(id: string, content: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), octetString(content));
}

function critical(id: string, content: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), boolean(true), octetString(content));
}
