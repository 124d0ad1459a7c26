import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createPlain, type RequestListener, type Server } from "node:http";
import { createServer as createTls } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { askHealth } from "#cli/health-request.ts";
import { milliseconds } from "#core/units.ts";
import { createAuthority } from "#lab/certificate.ts";

const servers: Server[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const live: RequestListener = ({ url, headers: { host } }, response) => response.end(`${url} at ${host}\n`);

async function listen(server: Server): Promise<{ readonly host: string; readonly port: number }> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port };
}

const common = { name: "it", path: "/livez", headers: { host: "localhost" } } as const;

describe("asking for health", () => {
  it("gives status and text, by a name that the service answers to", async () => {
    const socket = await listen(createPlain(live));
    const answer = await askHealth({ ...common, socket, isTls: false });
    expect(answer).toEqual({ status: 200, text: "/livez at localhost\n" });
  });

  it("goes through a Unix socket", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "esddns-health-"));
    folders.push(folder);
    const socketPath = path.join(folder, "esddns.sock");
    const server = createPlain(live).listen(socketPath);
    servers.push(server);
    await once(server, "listening");
    expect(await askHealth({ ...common, socket: { socketPath }, isTls: false })).toMatchObject({
      status: 200,
    });
  });

  it("over TLS believes the configured certificate alone, whatever its name and its last day", async () => {
    const [now, day] = [Date.now(), 24 * 60 * 60 * 1000];
    const authority = createAuthority({ name: "An authority", now: new Date(now - 20 * day) });
    const expired = { dnsNames: ["home.example.org"], now: new Date(now - 10 * day), days: 9 };
    const [own, other] = [authority.issue(expired), authority.issue(expired)];
    const socket = await listen(createTls({ key: own.keyPem, cert: own.certificatePem }, live));
    const tls = { ...common, socket, isTls: true };
    const certificate = new X509Certificate(own.certificatePem);
    expect(await askHealth({ ...tls, certificate })).toMatchObject({ status: 200 });
    const wrong = askHealth({ ...tls, certificate: new X509Certificate(other.certificatePem) });
    await expect(wrong).rejects.toThrow(/another certificate/);
    await expect(askHealth(tls)).rejects.toThrow(/^Cannot ask the daemon at it: .*certificate/);
  });

  it("says when nobody is there", async () => {
    const socket = await listen(createPlain(live));
    servers.pop()?.close();
    await expect(askHealth({ ...common, socket, isTls: false })).rejects.toThrow(
      /^Cannot ask the daemon at it: .*ECONNREFUSED/,
    );
  });

  it("does not wait for one that hangs", async () => {
    const server = createPlain(() => {});
    const socket = await listen(server);
    const asking = askHealth({ ...common, socket, isTls: false }, milliseconds(50));
    await expect(asking).rejects.toThrow(/no answer within 50 ms/);
    server.closeAllConnections();
  });
});
