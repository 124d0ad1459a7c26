import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import type { Endpoint } from "#core/ports.ts";
import { createAuthority } from "#lab/certificate.ts";
import type { StunBehaviour } from "#lab/stun-answer.ts";
import { startStunServer, type StunServer, type StunServerOptions } from "#lab/stun-server.ts";
import { encodeBindingRequest, encodeMessage } from "#wire/stun/message.ts";
import { type BindingResponse, interpretBindingResponse } from "#wire/stun/response.ts";

const LOOPBACK = parseAddress("127.0.0.1")!;
const ID = Uint8Array.from({ length: 12 }, (_, index) => index);
const REQUEST = encodeBindingRequest(ID);

const servers: StunServer[] = [];

async function start(options: Partial<StunServerOptions> = {}): Promise<StunServer> {
  const server = await startStunServer({ address: LOOPBACK, ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** The first answer, from whichever port; `undefined` when there is none while a later exchange succeeds. */
async function askUdp(
  { address, port }: Endpoint,
  request = REQUEST,
): Promise<{ bytes: Uint8Array; from: number }> {
  const socket = createSocket(`udp${address.family}`);
  try {
    socket.send(request, port, address.text);
    const [bytes, sender] = await once(socket, "message");
    return { bytes: Uint8Array.from(bytes), from: sender.port };
  } finally {
    socket.close();
  }
}

async function askTcp(
  { address, port }: Endpoint,
  pieces: readonly Uint8Array[] = [REQUEST],
): Promise<Uint8Array> {
  const socket = connect({ host: address.text, port, noDelay: true });
  try {
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [bytes] = await once(socket, "data");
    return Uint8Array.from(bytes);
  } finally {
    socket.destroy();
  }
}

function addressIn(response: BindingResponse): string | undefined {
  return response.kind === "address" ? response.mapped.address.text : undefined;
}

const read = (bytes: Uint8Array) => interpretBindingResponse(bytes, ID);

describe("the STUN server of the lab", () => {
  it("tells callers over UDP and TCP where they come from", async () => {
    const { endpoint, requests } = await start();
    expect(addressIn(read((await askUdp(endpoint)).bytes))).toBe("127.0.0.1");
    expect(addressIn(read(await askTcp(endpoint)))).toBe("127.0.0.1");
    expect(requests.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
    const response = read((await askUdp(endpoint)).bytes);
    expect(response).toMatchObject({ mapped: { port: Number(requests[2]!.client.split(":")[1]) } });
  });

  it("serves IPv6 alike", async () => {
    const { endpoint, requests } = await start({ address: parseAddress("::1")! });
    expect(addressIn(read((await askUdp(endpoint)).bytes))).toBe("::1");
    expect(requests[0]?.client).toMatch(/^\[::1\]:\d+$/);
  });

  it("tells the address it was given, which may move", async () => {
    let address = parseAddress("44.128.10.77")!;
    const { endpoint } = await start({ publicAddress: () => address });
    expect(addressIn(read((await askUdp(endpoint)).bytes))).toBe("44.128.10.77");
    address = parseAddress("44.128.20.5")!;
    expect(addressIn(read(await askTcp(endpoint)))).toBe("44.128.20.5");
  });

  it("speaks TLS with the protocol name of STUN", async () => {
    const authority = createAuthority({ name: "lab", now: new Date() });
    const tls = authority.issue({ dnsNames: ["stun.example.net"], now: new Date() });
    const server = await start({ tls, publicAddress: () => parseAddress("44.128.10.77")! });
    const socket = connectTls({
      host: "127.0.0.1",
      port: server.tlsEndpoint!.port,
      servername: "stun.example.net",
      ca: authority.certificatePem,
      ALPNProtocols: ["stun.nat-discovery"],
    });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("stun.nat-discovery");
    socket.write(REQUEST);
    const [bytes] = await once(socket, "data");
    expect(addressIn(read(Uint8Array.from(bytes)))).toBe("44.128.10.77");
    socket.destroy();
  });

  it("puts requests together that come in pieces, and answers each of several", async () => {
    const { endpoint } = await start();
    const bytewise = [...REQUEST].map((byte) => Uint8Array.of(byte));
    expect(addressIn(read(await askTcp(endpoint, bytewise)))).toBe("127.0.0.1");
  });

  it("names the required attributes that it does not know, and echoes FINGERPRINT", async () => {
    const { endpoint } = await start();
    const attributes = [{ type: 0x7fff, value: new Uint8Array(4) }];
    const message = { method: 1, messageClass: "request", transactionId: ID } as const;
    const refused = await askUdp(endpoint, encodeMessage({ ...message, attributes }));
    expect(read(refused.bytes)).toMatchObject({
      kind: "error",
      error: { code: 420 },
      unknownAttributes: [0x7fff],
    });
    const sealed = await askUdp(
      endpoint,
      encodeMessage({ ...message, attributes: [] }, { fingerprint: true }),
    );
    expect(sealed.bytes.subarray(-8, -4)).toEqual(Uint8Array.of(0x80, 0x28, 0, 4));
    expect(addressIn(read(sealed.bytes))).toBe("127.0.0.1");
  });

  it("hangs up on callers that do not speak STUN, and goes on", async () => {
    const server = await start();
    const socket = connect({ host: "127.0.0.1", port: server.endpoint.port });
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nhost: example.net\r\n\r\n");
    await once(socket, "close");
    expect(addressIn(read(await askTcp(server.endpoint)))).toBe("127.0.0.1");
  });

  it.each<[StunBehaviour, string]>([
    ["garbage", "discard"],
    ["wrong-transaction", "discard"],
    ["truncated", "discard"],
    ["error", "error"],
    ["no-address", "no-address"],
    ["mapped-only", "address"],
  ])("can be told to be of the kind %s, which clients read as %s", async (behaviour, kind) => {
    const { endpoint } = await start({ behaviour });
    expect(read((await askUdp(endpoint)).bytes).kind).toBe(kind);
    expect(read(await askTcp(endpoint)).kind).toBe(kind);
  });

  it("can lie in due form", async () => {
    const lie = parseAddress("44.128.66.66")!;
    const { endpoint } = await start({ behaviour: "liar", lie: () => lie });
    expect(addressIn(read((await askUdp(endpoint)).bytes))).toBe("44.128.66.66");
  });

  it("can answer from another port", async () => {
    const { endpoint } = await start({ behaviour: "spoofed-port" });
    const { bytes, from } = await askUdp(endpoint);
    expect(addressIn(read(bytes))).toBe("127.0.0.1");
    expect(from).not.toBe(endpoint.port);
  });

  it("can be silent, slow, and honest again", async () => {
    const server = await start({ behaviour: "silent", slowness: 30 });
    const socket = createSocket("udp4");
    const answers: Uint8Array[] = [];
    socket.on("message", (bytes) => answers.push(bytes));
    socket.send(REQUEST, server.endpoint.port, "127.0.0.1");
    await expect.poll(() => server.requests.length).toBe(1);
    server.behave("slow");
    const before = performance.now();
    expect(addressIn(read((await askUdp(server.endpoint)).bytes))).toBe("127.0.0.1");
    expect(performance.now() - before).toBeGreaterThan(25);
    expect(answers).toEqual([]);
    socket.close();
  });

  it("ends every connection when it is closed, late answers included", async () => {
    const server = await startStunServer({ address: LOOPBACK, behaviour: "slow", slowness: 60_000 });
    const socket = connect({ host: "127.0.0.1", port: server.endpoint.port });
    socket.on("error", () => undefined);
    socket.write(REQUEST);
    await expect.poll(() => server.requests.length).toBe(1);
    expect(server.openConnections()).toBe(1);
    const closed = once(socket, "close");
    await server.close();
    await closed;
    expect(server.openConnections()).toBe(0);
  });
});
