import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { createAuthority, type ServerCertificate } from "#lab/certificate.ts";

const now = new Date();
const authority = createAuthority({ name: "Lab authority", now });
const loopback = address("127.0.0.1");

describe("a certificate of the lab's authority", () => {
  it("is accepted for its DNS name and for its addresses", async () => {
    const certificate = authority.issue({
      dnsNames: ["echo.example.net", "*.wild.example.net"],
      addresses: [loopback, address("2001:db8::1")],
      now,
    });
    expect(await handshake(certificate, { servername: "echo.example.net" })).toBe("accepted");
    expect(await handshake(certificate, { servername: "a.wild.example.net" })).toBe("accepted");
    expect(await handshake(certificate, {})).toBe("accepted");
  });

  it("is refused for another name", async () => {
    const certificate = authority.issue({ dnsNames: ["other.example.net"], now });
    expect(await handshake(certificate, { servername: "echo.example.net" })).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    expect(await handshake(certificate, {})).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is refused when it has expired", async () => {
    const certificate = authority.issue({
      addresses: [loopback],
      now: new Date(now.getTime() - 10 * 24 * 60 * 60 * 1000),
      days: 9,
    });
    expect(await handshake(certificate, {})).toBe("CERT_HAS_EXPIRED");
  });

  it("is refused when it is not valid yet", async () => {
    const certificate = authority.issue({
      addresses: [loopback],
      now: new Date(now.getTime() + 10 * 24 * 60 * 60 * 1000),
    });
    expect(await handshake(certificate, {})).toBe("CERT_NOT_YET_VALID");
  });

  it("is refused by who trusts another authority of the same name", async () => {
    const stranger = createAuthority({ name: "Lab authority", now });
    const result = await handshake(stranger.issue({ addresses: [loopback], now }), {});
    expect(result).toMatch(/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/);
  });

  it("cannot act as an authority itself", () => {
    const leaf = new X509Certificate(authority.issue({ addresses: [loopback], now }).certificatePem);
    expect(leaf.ca).toBe(false);
    expect(new X509Certificate(authority.certificatePem).ca).toBe(true);
  });

  it("carries a serial number and a key of its own", () => {
    const [one, two] = [0, 1].map(
      () => new X509Certificate(authority.issue({ addresses: [loopback], now }).certificatePem),
    );
    expect(one!.serialNumber).not.toBe(two!.serialNumber);
    expect(one!.publicKey.equals(two!.publicKey)).toBe(false);
  });

  it("may end after 2049, when the form of its dates changes", () => {
    const { certificatePem } = authority.issue({ addresses: [loopback], now, days: 20_000 });
    const expected = now.getTime() + 20_000 * 24 * 60 * 60 * 1000;
    const validTo = new Date(new X509Certificate(certificatePem).validTo).getTime();
    expect(Math.abs(validTo - expected)).toBeLessThan(1000);
  });

  it("is not issued for nobody", () => {
    expect(() => authority.issue({ now })).toThrow("no name and no address");
  });
});

describe.skipIf(!hasOpenssl())("openssl, where it is installed,", () => {
  const folder = mkdtempSync(join(tmpdir(), "esddns-certificate-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("verifies the chain by the strict rules", () => {
    const { certificatePem } = authority.issue({ dnsNames: ["echo.example.net"], now });
    writeFileSync(join(folder, "ca.pem"), authority.certificatePem);
    writeFileSync(join(folder, "leaf.pem"), certificatePem);
    const purpose = ["-purpose", "sslserver", "-verify_hostname", "echo.example.net"];
    const output = openssl("verify", "-x509_strict", ...purpose, "-CAfile", "ca.pem", "leaf.pem");
    expect(output).toContain("leaf.pem: OK");
  });

  it("reads every extension", () => {
    const { certificatePem } = authority.issue({
      dnsNames: ["echo.example.net"],
      addresses: [loopback, address("2001:db8::1")],
      now,
    });
    writeFileSync(join(folder, "text.pem"), certificatePem);
    const text = openssl("x509", "-in", "text.pem", "-noout", "-text");
    expect(text).toContain("Version: 3 (0x2)");
    expect(text).toContain("Signature Algorithm: ecdsa-with-SHA256");
    expect(text).toContain("NIST CURVE: P-256");
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication/);
    expect(text).toContain("DNS:echo.example.net, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1");
    writeFileSync(join(folder, "ca.pem"), authority.certificatePem);
    expect(openssl("x509", "-in", "ca.pem", "-noout", "-text")).toMatch(
      /Key Usage: critical\s+Certificate Sign, CRL Sign/,
    );
  });

  function openssl(...argv: readonly string[]): string {
    return execFileSync("openssl", argv, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
});

/** What a client that trusts the authority makes of the certificate: `accepted`, or its error code. */
async function handshake(certificate: ServerCertificate, client: { servername?: string }): Promise<string> {
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("not listening on a port");
  const socket = connect({
    host: "127.0.0.1",
    port: bound.port,
    ca: authority.certificatePem,
    rejectUnauthorized: true,
    ...client,
  });
  const result = await new Promise<string>((resolve) => {
    socket.on("secureConnect", () => resolve("accepted"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return result;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new TypeError(text);
  return parsed;
}

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
