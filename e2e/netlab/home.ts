import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import path from "node:path";
import { atExit } from "../at-exit.ts";
import { missing, notRoot } from "../require-peer.ts";
import type { Peer } from "../../scripts/peers.ts";

const SCRIPT = path.join(import.meta.dirname, "netlab.sh");

/** A finished command. */
export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home network behind NAT, with the Internet it needs, in network namespaces: see `netlab.sh`. */
export interface Home {
  /** Public addresses of the STUN servers; HTTPS echoes listen on the same. */
  readonly servers: readonly string[];
  readonly liar: string;
  /** Two servers that lie alike; the first is {@link Home.liar}. */
  readonly liars: readonly string[];
  /** What the liars say. */
  readonly lie: string;
  /** The certificate that every TLS server of the lab presents: its own authority. */
  readonly caFile: string;
  readonly keyFile: string;
  /** At the start. */
  readonly wan: string;
  /**
   * @param gapSeconds the line is dead for that long before; `keep`: on a router that goes on translating old
   *   flows to the old address
   * @returns when the new address was in force, in milliseconds since 1970
   */
  changeWan(address: string, gapSeconds?: number | "keep"): number;
  /** As {@link Home.changeWan}, without holding up the test: for lines that are dead for a while. */
  changeWanAside(address: string, gapSeconds: number): Promise<number>;
  /** @param prefix of 64 bits, e.g. `2a10:ed1:88` */
  changePrefix(prefix: string): number;
  delay(oneWayMs: number, lossPercent?: number, server?: string): void;
  server(number: number, action: "start" | "stop"): void;
  /** Whether the HTTP echoes answer 429. */
  busy(isBusy: boolean): void;
  /** What the router drops on its way out: a protocol, or whatever goes to an address or a block of them. */
  block(what: string): void;
  /** `symmetric`: another port for each flow. */
  nat(mapping: "cone" | "symmetric"): void;
  /** What starts a program in the home, and on the Internet side. */
  readonly inHome: readonly string[];
  readonly inInternet: readonly string[];
  /** Runs a program on the Internet side to its end. */
  onInternet(command: string, ...arguments_: readonly string[]): string;
  /** Starts a program on the Internet side; it is ended with the lab. */
  startOnInternet(command: string, ...arguments_: readonly string[]): ChildProcess;
  /** Starts a program in the home. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  /** Runs a program in the home to its end. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  down(): void;
  [Symbol.dispose](): void;
}

/** For `describe.skipIf`: why no home can be built here, or `false`. @param more peers that the test needs besides */
export function noHome(...more: readonly Peer[]): false | string {
  return missing("turnserver", "ip", "nft", "openssl", "python3", ...more) || notRoot();
}

let count = 0;

/** Builds a home of its own for the calling test file; several can be up at once. */
export function buildHome(options: { readonly env?: Readonly<Record<string, string>> } = {}): Home {
  count += 1;
  const prefix = `es${process.pid.toString(36)}${count}`;
  const env = { ...process.env, NODE: process.execPath, ...options.env, NETLAB_PREFIX: prefix };
  const verb = (...words: readonly string[]) =>
    execFileSync("bash", [SCRIPT, ...words], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  verb("up");
  const fact = factsOf(verb("env"));
  const inHome = ["ip", "netns", "exec", fact("NETLAB_NS")];
  const inInternet = ["ip", "netns", "exec", fact("NETLAB_INTERNET")];
  const spawnIn = (where: readonly string[], command: readonly string[], extra = {}) => {
    const [program = "", ...words] = [...where, ...command];
    return spawn(program, words, { env: { ...env, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
  };
  const start: Home["start"] = (command, extra) => spawnIn(inHome, command, extra);
  const down = () => {
    verb("down");
    forget();
  };
  const forget = atExit(down);
  return {
    servers: words(fact("NETLAB_STUN")).map((endpoint) => endpoint.replace(/:\d+$/, "")),
    liar: fact("NETLAB_LIAR"),
    liars: words(fact("NETLAB_LIARS")),
    lie: fact("NETLAB_LIE"),
    caFile: fact("NETLAB_CA"),
    keyFile: fact("NETLAB_KEY"),
    wan: fact("NETLAB_WAN"),
    changeWan: (address, gap = 0) => Number(verb("change-wan", address, String(gap))),
    async changeWanAside(address, gap) {
      const words = [SCRIPT, "change-wan", address, String(gap)];
      const { status, stdout, stderr } = await finished(spawn("bash", words, { env }));
      if (status !== 0) throw new Error(`Cannot change the address: ${stderr}`);
      return Number(stdout);
    },
    changePrefix: (text) => Number(verb("change-prefix", text)),
    delay: (ms, loss = 0, server) =>
      void verb("delay", String(ms), String(loss), ...(server ? [server] : [])),
    server: (number, action) => void verb("server", String(number), action),
    busy: (isBusy) => void verb("busy", isBusy ? "on" : "off"),
    block: (what) => void verb("block", what),
    nat: (mapping) => void verb("nat", mapping),
    inHome,
    inInternet,
    onInternet: (command, ...arguments_) =>
      execFileSync("ip", [...inInternet.slice(1), command, ...arguments_], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    startOnInternet: (command, ...arguments_) => spawnIn(inInternet, [command, ...arguments_]),
    start,
    run: (command, extra) => finished(start(command, extra)),
    down,
    [Symbol.dispose]: down,
  };
}

/** Collects what a program prints until it ends. */
export function finished(child: ChildProcess): Promise<Finished> {
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ status: code ?? (signal ? 128 : 1), ...output }));
  });
}

/** Reads `NAME=VALUE` lines. */
function factsOf(text: string): (name: string) => string {
  const facts = new Map(
    text.split("\n").flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  return (name) => {
    const value = facts.get(name);
    if (value === undefined) throw new Error(`netlab.sh env does not tell ${name}`);
    return value;
  };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
