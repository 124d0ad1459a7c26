import { createAuthority } from "#lab/certificate.ts";
import type { Child } from "../child.ts";
import { startPeer } from "../peer-process.ts";
import { peerPath } from "../require-peer.ts";
import type { Scratch } from "../scratch.ts";
import { connects } from "./connects.ts";

export interface Coturn {
  readonly address: string;
  /** UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;
  readonly child: Child;
}

/** coturn as a STUN server: an own address, and TLS where it has a certificate. */
export async function startCoturn(
  scratch: Scratch,
  address: string,
  certificate?: { readonly certificatePem: string; readonly keyPem: string },
): Promise<Coturn> {
  const id = `coturn-${address.replaceAll(/[.:]/g, "-")}`;
  const tls = certificate
    ? `--cert ${scratch.write(`${id}.crt`, certificate.certificatePem)} --pkey ${scratch.write(`${id}.key`, certificate.keyPem)} --no-dtls`
    : "--no-tls --no-dtls";
  const files = `--pidfile ${scratch.at(`${id}.pid`)} --db ${scratch.at(`${id}.db`)} --log-file stdout --simple-log`;
  const { child, ports } = await startPeer({
    address,
    ports: 2,
    start: ([port, tlsPort]) => {
      const listening = `-L ${address} --listening-port ${port} --tls-listening-port ${tlsPort}`;
      const words = `-n --stun-only --no-cli --no-auth --no-rfc5780 ${listening} ${tls} ${files}`;
      return [peerPath("turnserver"), ...words.split(" ")];
    },
    isReady: ([port = 0, tlsPort = 0]) => connects(address, certificate ? tlsPort : port),
  });
  return { address, port: ports[0] ?? 0, tlsPort: ports[1] ?? 0, child };
}

/** A certificate authority and what it vouches for. */
export function issueFor(...dnsNames: readonly string[]) {
  const authority = createAuthority({ name: "esddns e2e", now: new Date() });
  return { caPem: authority.certificatePem, certificate: authority.issue({ dnsNames, now: new Date() }) };
}
