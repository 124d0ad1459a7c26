import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { describeError } from "#core/errors.ts";
import type { Endpoint } from "#core/ports.ts";
import { exchange } from "#dns/exchange.ts";
import { signedRequest } from "#dns/signed-request.ts";
import type { DnsPorts } from "#dns/route.ts";
import { createHashes } from "#platform/hashes.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { SimulatedNetwork } from "#testing/simulated-network.ts";
import { decodeMessage, encodeMessage, queryMessage } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import { frameMessage } from "#wire/dns/tcp-frame.ts";
import { refuseSignature, signMessage } from "#wire/dns/tsig.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";
import { splitSigned } from "#wire/dns/tsig-mac.ts";
import { TYPE } from "#wire/dns/types.ts";

const NEVER = new AbortController().signal;
const SERVER: Endpoint = { address: parseAddress("192.0.2.53")!, port: 53 };
const hashes = createHashes();
const key: TsigKey = { name: "key", algorithm: "hmac-sha256", secret: new Uint8Array(32).fill(1) };
const stranger: TsigKey = { ...key, secret: new Uint8Array(32).fill(2) };
const message = queryMessage({ name: "example.org", type: TYPE.SOA }, { id: 7, rd: false });

let clock: ManualClock;
let network: SimulatedNetwork;
let ports: DnsPorts;

beforeEach(() => {
  clock = new ManualClock();
  network = new SimulatedNetwork(clock);
  const random = { bytes: (length: number) => new Uint8Array(length), fraction: () => 0 };
  const http = { request: () => Promise.reject(new TypeError("no HTTP")) };
  ports = { clock, http, random, tcp: network.tcp, tls: network.tls, udp: network.udp };
});

function now(): number {
  return Math.floor(clock.date().getTime() / 1000);
}

/** The server's answer, signed by somebody over the request, or by nobody. */
function answerTo(bytes: Uint8Array, signer: TsigKey | undefined, rcode: number = RCODE.NOERROR): Uint8Array {
  const { unsigned, tsig } = splitSigned(bytes)!;
  const asked = decodeMessage(unsigned);
  const answer = encodeMessage({ ...asked, header: { ...asked.header, qr: true, aa: true, rcode } });
  if (!signer) return answer;
  return signMessage(answer, signer, { at: now(), priorMac: tsig.mac }, hashes).bytes;
}

async function ask(kind: "auto" | "tcp", span = 0): Promise<unknown> {
  const request = signedRequest(message, key, { clock, hashes });
  const outcome = exchange(ports, { kind, server: SERVER }, request, NEVER).catch((error: unknown) => error);
  await clock.advance(span);
  await settled();
  return Promise.race([outcome, Promise.resolve("still waiting")]);
}

describe("a signed question", () => {
  it("takes the answer that is signed over it", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, key) }]);
    expect(await ask("auto")).toMatchObject({ message: { header: { rcode: 0 } } });
  });

  it("waits past a forged answer for the genuine one", async () => {
    network.serveUdp(SERVER, (bytes) => [
      { bytes: answerTo(bytes, stranger, RCODE.REFUSED) },
      { bytes: answerTo(bytes, undefined, RCODE.REFUSED), after: 5 },
      { bytes: answerTo(bytes, key), after: 10 },
    ]);
    expect(await ask("auto", 10)).toMatchObject({ message: { header: { rcode: 0 } } });
  });

  it("believes no unsigned answer, and gives up a second later", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, undefined, RCODE.REFUSED) }]);
    expect(await ask("auto", 999)).toBe("still waiting");
    const failure = await ask("auto", 1000);
    expect(failure).toMatchObject({ code: "unsigned-answer", phase: "sent" });
    expect(describeError(failure)).toContain("REFUSED without a signature");
    expect(network.openSockets).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("says that what arrived was forged when nothing better came", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, stranger) }]);
    const failure = await ask("auto", 5000);
    expect(failure).toMatchObject({ code: "forged-answer", phase: "sent" });
    expect(describeError(failure)).toContain("BADSIG");
  });

  it("ends at once over TCP when the answer is not signed right", async () => {
    for (const [signer, code] of [
      [undefined, "unsigned-answer"],
      [stranger, "forged-answer"],
    ] as const) {
      network.serveTcp(SERVER, (piece, end) => end.send(frameMessage(answerTo(piece.subarray(2), signer))));
      expect(await ask("tcp")).toMatchObject({ code, phase: "sent" });
    }
  });

  it("hears that its signature was not accepted", async () => {
    network.serveUdp(SERVER, (bytes) => {
      const said = { keyName: key.name, algorithm: key.algorithm, at: now() };
      const answer = refuseSignature(answerTo(bytes, undefined, RCODE.NOTAUTH), said, RCODE.BADKEY);
      return [{ bytes: answer }];
    });
    expect(await ask("auto")).toMatchObject({ signatureRefused: { error: RCODE.BADKEY } });
  });

  it("does not take the answer to an earlier question of the same words", async () => {
    let earlier: Uint8Array | undefined;
    network.serveUdp(SERVER, (bytes) => [{ bytes: (earlier ??= answerTo(bytes, key)) }]);
    expect(await ask("auto")).toMatchObject({ message: { header: { rcode: 0 } } });
    await clock.advance(2000);
    expect(await ask("auto", 5000)).toMatchObject({ code: "forged-answer" });
  });
});
