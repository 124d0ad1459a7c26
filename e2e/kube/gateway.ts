import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as send, type Server } from "node:https";
import path from "node:path";
import { createAuthority } from "#lab/certificate.ts";
import { loopback } from "../lab.ts";
import { Scratch } from "../scratch.ts";
import type { Cluster } from "./cluster.ts";
import type { Pod } from "./pods.ts";

/** A request of a pod, before it is passed on. */
export interface Passing {
  readonly pod: string;
  readonly method: string;
  /** With the query. */
  readonly target: string;
  /** Of the service account. */
  readonly token: string;
}

/** What becomes of a request. */
export type Deed =
  | "pass"
  /** The connection breaks; `applied`: after the API server has done the work. */
  | "cut"
  | "cut when applied"
  /** There is no answer. */
  | "hang"
  /** With a token that the API server does not take. */
  | "pass as a stranger"
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** Between pods and their API server: one who passes on what they ask, or not. */
export class Gateway implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #server: Server;
  readonly #scratch = new Scratch();
  readonly #agent: Agent;
  readonly #hung = new Set<ServerResponse>();
  readonly #watches = new Set<ServerResponse>();
  /** Asked for each request. */
  rule: (passing: Passing) => Deed = () => "pass";

  private constructor(cluster: Cluster, tls: { readonly key: string; readonly cert: string }) {
    this.#cluster = cluster;
    const ca = readFileSync(path.join(cluster.folder, "pki/apiserver.crt"));
    this.#agent = new Agent({ keepAlive: true, ca });
    this.#server = createServer({ ...tls, keepAliveTimeout: 120_000 }, (incoming, outgoing) => {
      this.#serve(incoming, outgoing);
    });
  }

  static async start(cluster: Cluster): Promise<Gateway> {
    const authority = createAuthority({ name: "gateway", now: new Date() });
    const { certificatePem, keyPem } = authority.issue({ addresses: [loopback(4)], now: new Date() });
    const gateway = new Gateway(cluster, { key: keyPem, cert: certificatePem });
    gateway.#scratch.write("ca.pem", authority.certificatePem);
    await new Promise<void>((resolve) => gateway.#server.listen(0, "127.0.0.1", resolve));
    return gateway;
  }

  /** The same pod, on this way to the API server. */
  behind(pod: Pod): Pod {
    const config: unknown = JSON.parse(readFileSync(pod.kubeconfig, "utf8"));
    const here = {
      server: `${this.#origin}/${pod.name}`,
      "certificate-authority": this.#scratch.at("ca.pem"),
    };
    const text = JSON.stringify({ ...Object(config), clusters: [{ name: "pod", cluster: here }] });
    return { ...pod, kubeconfig: this.#scratch.write(`${pod.name}.json`, text) };
  }

  /** All that are open come to their end, as those of a server that wants to have fewer. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#hung) one.destroy();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#scratch[Symbol.dispose]();
  }

  get #origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("the gateway does not listen");
    return `https://127.0.0.1:${address.port}`;
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const [, pod = "", target = ""] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? "") ?? [];
    const token = (incoming.headers.authorization ?? "").replace(/^Bearer /, "");
    const deed = this.rule({ pod, method: incoming.method ?? "", target, token });
    outgoing.on("error", () => {});
    if (deed === "hang") return void this.#hung.add(outgoing);
    if (deed === "cut") return void outgoing.destroy();
    if (typeof deed === "string") return this.#pass(incoming, outgoing, target, deed);
    incoming.resume();
    outgoing.writeHead(deed.status, { "content-type": "application/json", ...deed.headers });
    outgoing.end(deed.body ?? "");
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, target: string, deed: Deed): void {
    const { hostname, port } = this.#cluster.server;
    const { method } = incoming;
    const stranger = deed === "pass as a stranger" && { authorization: "Bearer of-nobody" };
    const headers = { ...incoming.headers, ...stranger };
    const options = { hostname, port, method, path: target, headers, agent: this.#agent };
    const passed = send(options, (answer) => {
      if (deed === "cut when applied") return void outgoing.destroy();
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.on("data", (piece: Buffer) => void (outgoing.writableEnded || outgoing.write(piece)));
      answer.on("end", () => outgoing.end());
      answer.on("error", () => outgoing.destroy());
      if (target.includes("watch=1")) this.#watches.add(outgoing);
      return undefined;
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
      this.#watches.delete(outgoing);
      passed.destroy();
    });
    incoming.pipe(passed);
  }
}

/** Whether a pod asks to watch this ConfigMap. */
export function isWatch({ target }: Passing, name: string): boolean {
  return target.includes("watch=1") && target.includes(name);
}
