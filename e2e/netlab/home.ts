import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import path from "node:path";

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
  /** What the liar says. */
  readonly lie: string;
  /** The certificate that every TLS server of the lab presents: its own authority. */
  readonly caFile: string;
  readonly wan: string;
  changeWan(address: string, gapSeconds?: number): void;
  delay(oneWayMs: number, lossPercent?: number, server?: string): void;
  server(number: number, action: "start" | "stop"): void;
  block(what: "none" | "tcp" | "udp"): void;
  /** Runs a program on the Internet side to its end. */
  onInternet(command: string, ...arguments_: readonly string[]): string;
  /** Starts a program on the Internet side; it is ended with the lab. */
  startOnInternet(command: string, ...arguments_: readonly string[]): ChildProcess;
  /** Starts a program in the home. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  /** Runs a program in the home to its end. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  down(): void;
}

let count = 0;

/** Builds a home of its own for the calling test file; several can be up at once. */
export function buildHome(options: { readonly env?: Readonly<Record<string, string>> } = {}): Home {
  count += 1;
  const prefix = `es${process.pid.toString(36)}${count}`;
  const env = { ...process.env, ...options.env, NETLAB_PREFIX: prefix };
  const verb = (...words: readonly string[]) =>
    execFileSync("bash", [SCRIPT, ...words], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  verb("up");
  const facts = new Map(
    verb("env")
      .trim()
      .split("\n")
      .map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
  const fact = (name: string) => {
    const value = facts.get(name);
    if (value === undefined) throw new Error(`netlab.sh env does not tell ${name}`);
    return value;
  };
  const home = fact("NETLAB_NS");
  const internet = home.replace(/-lan$/, "-inet");
  const inNamespace = (namespace: string, command: readonly string[]) => [
    "netns",
    "exec",
    namespace,
    ...command,
  ];
  const start: Home["start"] = (command, extra = {}) =>
    spawn("ip", inNamespace(home, command), { env: { ...env, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
  return {
    servers: fact("NETLAB_STUN")
      .trim()
      .split(/\s+/)
      .map((endpoint) => endpoint.replace(/:\d+$/, "")),
    liar: fact("NETLAB_LIAR"),
    lie: options.env?.["LIE"] ?? "44.128.66.66",
    caFile: fact("NETLAB_CA"),
    wan: fact("NETLAB_WAN"),
    changeWan: (address, gap) =>
      void verb("change-wan", address, ...(gap === undefined ? [] : [String(gap)])),
    delay: (ms, loss = 0, server) =>
      void verb("delay", String(ms), String(loss), ...(server ? [server] : [])),
    server: (number, action) => void verb("server", String(number), action),
    block: (what) => void verb("block", what),
    onInternet: (command, ...arguments_) =>
      execFileSync("ip", inNamespace(internet, [command, ...arguments_]), {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    startOnInternet: (command, ...arguments_) =>
      spawn("ip", inNamespace(internet, [command, ...arguments_]), {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    start,
    run: (command, extra) => finished(start(command, extra)),
    down: () => void verb("down"),
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
