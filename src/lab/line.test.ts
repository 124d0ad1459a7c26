import { createSocket } from "node:dgram";
import { afterEach, describe, expect, it } from "vitest";
import { loopback } from "#lab/addresses.ts";
import { Line } from "#lab/line.ts";
import { startStunServer, type StunServer } from "#lab/stun-server.ts";
import { encodeBindingRequest } from "#wire/stun/message.ts";

const QUESTIONS = 400;

const servers: StunServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe("a line that loses half of the datagrams", () => {
  it("does so each way", async () => {
    const { server, line } = await start(1);
    line.change({ loss: 50 });
    const answered = await ask(server);
    // Five standard deviations of a fair coin
    expect(Math.abs(server.requests.length - QUESTIONS / 2)).toBeLessThan(50);
    expect(Math.abs(answered.length - QUESTIONS / 4)).toBeLessThan(44);
  });

  it("loses the same ones with the same seed, and others with another", async () => {
    const answered = async (seed: number) => {
      const { server, line } = await start(seed);
      line.change({ loss: 50 });
      return ask(server);
    };
    const first = await answered(1);
    expect(await answered(1)).toEqual(first);
    expect(await answered(2)).not.toEqual(first);
  });

  it("loses none when it is repaired", async () => {
    const { server, line } = await start(1);
    line.change({ loss: 50 });
    line.repair();
    expect(await ask(server)).toHaveLength(QUESTIONS);
  });
});

async function start(seed: number) {
  const line = new Line(seed);
  const server = await startStunServer({ address: loopback(4), line });
  servers.push(server);
  return { line, server };
}

/** Numbered questions. @returns the numbers that were answered, in order */
async function ask({ endpoint }: StunServer): Promise<readonly number[]> {
  const socket = createSocket("udp4");
  const answered: number[] = [];
  socket.on("message", (bytes) => answered.push(Buffer.from(bytes).readUInt32BE(16)));
  for (let number = 0; number < QUESTIONS; number += 1) {
    socket.send(encodeBindingRequest(idOf(number)), endpoint.port, endpoint.address.text);
    // Few at once, so that no buffer is full: only the line may lose them
    if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.close();
  return answered;
}

function idOf(number: number): Uint8Array {
  const id = new Uint8Array(12);
  new DataView(id.buffer).setUint32(8, number);
  return id;
}
