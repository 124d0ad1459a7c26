import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAuthority } from "#lab/certificate.ts";
import { sendRaw } from "#service/http/testdata/raw.ts";
import { startForTest } from "#service/http/testdata/start.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "esddns-service-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Through a Unix socket. */
function askSocket(socketPath: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { agent: false, socketPath, path: "/who", headers: { host: "localhost", ...headers } },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(text));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

describe("a TCP port", () => {
  it("of IPv6 takes callers, and knows its own name", async () => {
    if (
      !Object.values(networkInterfaces())
        .flat()
        .some((each) => each?.address === "::1")
    )
      return;
    const server = await startForTest({ settings: { listen: { kind: "tcp", host: "::1", port: 0 } } });
    expect(server.origin).toBe(`http://[::1]:${server.port}`);
    expect(await (await fetch(`${server.origin}/who`)).json()).toMatchObject({
      client: "::/64",
      kind: "local",
    });
  });

  it("of every interface shows IPv4 callers as such", async () => {
    const settings = { listen: { kind: "tcp", host: "::", port: 0 } } as const;
    const server = await startForTest({ isInsecure: true, settings });
    const response = await fetch(`http://127.0.0.1:${server.port}/who`);
    expect(await response.json()).toMatchObject({ client: "127.0.0.1" });
  });

  it("that is taken is said to be", async () => {
    const first = await startForTest();
    const listen = { kind: "tcp", host: "127.0.0.1", port: first.port ?? 0 } as const;
    await expect(startForTest({ settings: { listen } })).rejects.toMatchObject({
      code: "cannot-listen",
      message: `Cannot listen at "127.0.0.1:${listen.port}": another program listens there`,
    });
  });

  it("of an address of elsewhere is said to be", async () => {
    const listen = { kind: "tcp", host: "192.0.2.1", port: 0 } as const;
    await expect(startForTest({ isInsecure: true, settings: { listen } })).rejects.toMatchObject({
      message: 'Cannot listen at "192.0.2.1:0": no interface of this host has the address',
    });
  });
});

describe("a Unix socket", () => {
  it("is for owner and group, and its callers are of this host", async () => {
    const path = join(folder(), "esddns.sock");
    const server = await startForTest({ settings: { listen: { kind: "unix", path } } });
    expect(server.origin).toBe(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(JSON.parse(await askSocket(path))).toMatchObject({ kind: "local", client: "unix" });
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it("believes a proxy only where it is named", async () => {
    const path = join(folder(), "esddns.sock");
    const listen = { kind: "unix", path } as const;
    const server = await startForTest({ isInsecure: true, settings: { listen } });
    const headers = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" };
    expect(JSON.parse(await askSocket(path, headers))).toMatchObject({ client: "unix", isSecure: false });
    await server.close();
    await startForTest({ isInsecure: true, settings: { listen, proxies: ["unix"] } });
    expect(JSON.parse(await askSocket(path, headers))).toMatchObject({ client: "192.0.2.1", isSecure: true });
  });

  it("that a dead process left is replaced", async () => {
    const path = join(folder(), "esddns.sock");
    const listen = { kind: "unix", path } as const;
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(`${path}.old`, resolve));
    renameSync(`${path}.old`, path);
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(path)).toBe(true);
    await startForTest({ settings: { listen } });
    expect(await askSocket(path)).toContain("local");
  });

  it("that somebody answers at stays theirs", async () => {
    const path = join(folder(), "esddns.sock");
    const listen = { kind: "unix", path } as const;
    await startForTest({ settings: { listen } });
    await expect(startForTest({ settings: { listen } })).rejects.toThrow("another program listens there");
    expect(await askSocket(path)).toContain("local");
  });

  it("does not take the place of a file", async () => {
    const path = join(folder(), "notes.txt");
    writeFileSync(path, "dear diary");
    chmodSync(path, 0o600);
    await expect(startForTest({ settings: { listen: { kind: "unix", path } } })).rejects.toThrow(
      "there is a file that is no socket",
    );
    expect(statSync(path).size).toBe(10);
  });

  it("needs its folder", async () => {
    const path = join(folder(), "missing", "esddns.sock");
    await expect(startForTest({ settings: { listen: { kind: "unix", path } } })).rejects.toThrow(
      "Cannot listen",
    );
  });
});

/** What a TLS caller sees of the certificate. */
function handshake(port: number | undefined, ca: string, maxVersion?: "TLSv1.1" | "TLSv1.3") {
  return new Promise<PeerCertificate>((resolve, reject) => {
    const socket = connectTls(
      {
        host: "127.0.0.1",
        port: port ?? 0,
        ca,
        servername: "localhost",
        minVersion: "TLSv1",
        ...(maxVersion ? { maxVersion } : {}),
      },
      () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      },
    );
    socket.on("error", reject);
  });
}

describe("an own certificate", () => {
  const authority = createAuthority({ name: "esddns tests", now: new Date() });

  /** Files of a fresh certificate, in a folder of their own. */
  function files() {
    const path = folder();
    const names = { certificateFile: join(path, "cert.pem"), keyFile: join(path, "key.pem") };
    const renew = () => {
      const { certificatePem, keyPem } = authority.issue({ dnsNames: ["localhost"], now: new Date() });
      writeFileSync(names.certificateFile, certificatePem);
      writeFileSync(names.keyFile, keyPem);
    };
    renew();
    return { ...names, renew };
  }

  it("is shown, and browsers are told to come by TLS", async () => {
    const { certificateFile, keyFile } = files();
    const server = await startForTest({ settings: { tls: { certificateFile, keyFile } } });
    expect(server.origin).toBe(`https://127.0.0.1:${server.port}`);
    expect((await handshake(server.port, authority.certificatePem)).subjectaltname).toBe("DNS:localhost");
    const head = await new Promise<string>((resolve) => {
      const socket = connectTls({
        host: "127.0.0.1",
        port: server.port ?? 0,
        ca: authority.certificatePem,
        servername: "localhost",
      });
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("close", () => resolve(text));
      socket.write("GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    });
    expect(head).toContain("strict-transport-security: max-age=");
    expect(head).toContain('"origin":"https://localhost","isSecure":true');
  });

  it("asks for TLS 1.2 at least", async () => {
    const { certificateFile, keyFile } = files();
    const server = await startForTest({ settings: { tls: { certificateFile, keyFile } } });
    await expect(handshake(server.port, authority.certificatePem, "TLSv1.1")).rejects.toThrow();
  });

  it("is renewed while the server runs; one that does not fit is not taken", async () => {
    const { renew, certificateFile, keyFile } = files();
    const server = await startForTest({
      settings: { tls: { certificateFile, keyFile } },
      certificateInterval: 20,
    });
    const serial = async () => (await handshake(server.port, authority.certificatePem)).serialNumber;
    const first = await serial();
    await new Promise((resolve) => setTimeout(resolve, 60));
    renew();
    await expect.poll(serial, { timeout: 5000 }).not.toBe(first);
    const second = await serial();
    writeFileSync(keyFile, "no key at all");
    await expect
      .poll(() => server.log.messages("warn"))
      .toContain("The new certificate cannot be used; the old one stays");
    expect(await serial()).toBe(second);
  });

  it("that does not fit its key is refused at the start", async () => {
    const [one, other] = [files(), files()];
    const tls = { certificateFile: one.certificateFile, keyFile: other.keyFile };
    await expect(startForTest({ settings: { tls } })).rejects.toMatchObject({ code: "certificate" });
  });

  it("keeps no caller who never says hello", async () => {
    const { certificateFile, keyFile } = files();
    const server = await startForTest({
      settings: { tls: { certificateFile, keyFile } },
      limits: { headersTime: 200 },
    });
    expect((await sendRaw(server.port ?? 0, [""], { patience: 5000 })).isEnded).toBe(true);
  });
});
