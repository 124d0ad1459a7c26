import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:https";
import { connect, type Socket } from "node:net";
import { parseAddress } from "#core/address.ts";
import type { Endpoint } from "#core/ports.ts";
import type { RecordType } from "#core/record.ts";
import { LAB_KEY_NAME, LAB_NAME, LAB_ZONE, type LabWitness, type World } from "#lab/world.ts";
import { createHashes } from "#platform/hashes.ts";
import { decodeMessage, encodeMessage, queryMessage } from "#wire/dns/message.ts";
import { formatRcode } from "#wire/dns/rcode.ts";
import { frameMessage } from "#wire/dns/tcp-frame.ts";
import { signMessage } from "#wire/dns/tsig.ts";
import { TYPE } from "#wire/dns/types.ts";
import { addRecord, deleteRecordSet, updateMessage } from "#wire/dns/update.ts";
import { encodeBindingRequest } from "#wire/stun/message.ts";
import { interpretBindingResponse } from "#wire/stun/response.ts";

/** How long an answer is waited for, in milliseconds: on loopback one takes a few. */
export const PATIENCE = 300;

const ID = Uint8Array.from({ length: 12 }, (_, index) => index);

/** Somebody who asks the lab's servers over plain sockets. What does not answer is `silent`. */
export class LabPeer {
  readonly #world: World;
  readonly #sockets: Socket[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns the address that the witness tells */
  async ask({ transport, endpoint }: LabWitness): Promise<string> {
    switch (transport) {
      case "udp":
        return addressIn(await overUdp(endpoint, encodeBindingRequest(ID)));
      case "tcp":
        return addressIn(await overTcp(endpoint, encodeBindingRequest(ID)));
      case "tls":
        return overHttps(endpoint, this.#world.authorityPem);
    }
  }

  /** @returns the values, or the rcode of a denial */
  async query(type: RecordType, name: string = LAB_NAME): Promise<readonly string[] | string> {
    return valuesIn(await overUdp(this.#world.dns.endpoint, queryBytes(type, name)));
  }

  async queryTcp(type: RecordType, name: string = LAB_NAME): Promise<readonly string[] | string> {
    const answer = await overTcp(this.#world.dns.endpoint, frameMessage(queryBytes(type, name)));
    return valuesIn(answer?.subarray(2));
  }

  /** Gives the first record another address, signed, over TCP. @returns the rcode */
  async update(address: string, { id = 5 } = {}): Promise<string> {
    const bytes = this.#signedUpdate(address, id);
    return rcodeIn((await overTcp(this.#world.dns.endpoint, frameMessage(bytes)))?.subarray(2));
  }

  async updateUdp(address: string, { id = 5 } = {}): Promise<string> {
    return rcodeIn(await overUdp(this.#world.dns.endpoint, this.#signedUpdate(address, id)));
  }

  /** A connection that asks nothing; accepted when this resolves. */
  async open(port: number): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port });
    this.#sockets.push(socket);
    socket.on("error", () => {});
    await once(socket, "connect");
    await new Promise((resolve) => setTimeout(resolve, 10));
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #signedUpdate(text: string, id: number): Uint8Array {
    const address = parseAddress(text);
    if (!address) throw new TypeError(`"${text}" is no address`);
    const added = addRecord(LAB_NAME, TYPE.A, 60, { kind: "address", address });
    const message = updateMessage(LAB_ZONE, [deleteRecordSet(LAB_NAME, TYPE.A), added], { id });
    const secret = Uint8Array.from(Buffer.from(this.#world.keySecret, "base64"));
    const key = { name: LAB_KEY_NAME, algorithm: "hmac-sha256", secret } as const;
    const at = Math.floor(Date.now() / 1000);
    return signMessage(encodeMessage(message), key, { at }, createHashes()).bytes;
  }
}

/** How a connection ends: the code of its error, or `closed`. */
export function ended(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.once("close", () => resolve("closed"));
  });
}

/** What comes of it in that many milliseconds, else `silent`. */
export async function within<T>(span: number, promise: Promise<T>): Promise<T | "silent"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"silent">((resolve) => {
    timer = setTimeout(() => resolve("silent"), span);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

async function overUdp({ address, port }: Endpoint, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const socket = createSocket(`udp${address.family}`);
  try {
    socket.send(bytes, port, address.text);
    return await firstOf(once(socket, "message"));
  } finally {
    socket.close();
  }
}

async function overTcp({ address, port }: Endpoint, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const socket = connect({ host: address.text, port });
  try {
    socket.write(bytes);
    return await firstOf(once(socket, "data"));
  } finally {
    socket.destroy();
  }
}

async function overHttps({ address, port }: Endpoint, ca: string): Promise<string> {
  const outgoing = request({ host: address.text, port, ca, agent: false });
  const body = new Promise<string>((resolve, reject) => {
    outgoing.on("error", reject).on("response", (response) => {
      response.setEncoding("utf8").on("data", (text: string) => resolve(text.trim()));
    });
  });
  outgoing.end();
  try {
    return await within(PATIENCE, body);
  } finally {
    outgoing.destroy();
  }
}

/** The bytes that an event brings, unless there is none in time. */
async function firstOf(event: Promise<readonly unknown[]>): Promise<Uint8Array | undefined> {
  const came = await within(PATIENCE, event);
  const bytes = came === "silent" ? undefined : came[0];
  return bytes instanceof Uint8Array ? Uint8Array.from(bytes) : undefined;
}

function addressIn(answer: Uint8Array | undefined): string {
  if (!answer) return "silent";
  const response = interpretBindingResponse(answer, ID);
  return response.kind === "address" ? response.mapped.address.text : response.kind;
}

function queryBytes(type: RecordType, name: string): Uint8Array {
  return encodeMessage(queryMessage({ name, type: TYPE[type] }, { id: 1, rd: false }));
}

function valuesIn(bytes: Uint8Array | undefined): readonly string[] | string {
  if (!bytes) return "silent";
  const { header, answers } = decodeMessage(bytes);
  if (header.rcode !== 0) return formatRcode(header.rcode);
  return answers.flatMap(({ data }) => (data.kind === "address" ? [data.address.text] : []));
}

function rcodeIn(bytes: Uint8Array | undefined): string {
  return bytes ? formatRcode(decodeMessage(bytes).header.rcode) : "silent";
}
