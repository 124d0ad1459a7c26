import { readdirSync, readFileSync } from "node:fs";
import { inject } from "vitest";
import { BARE_ENVIRONMENT, Child, type Exit } from "../child.ts";
import { type Config, writeConfig } from "../lab.ts";
import { Scratch } from "../scratch.ts";
import { type Entry, OperatorLog, timeOf } from "./operator-log.ts";
import type { Pod } from "./pods.ts";

export interface SaysOptions {
  readonly where?: (entry: Entry) => boolean;
  /** In milliseconds since 1970. */
  readonly since?: number;
  readonly within?: number;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of compiled code; absent: one of its own. */
  readonly cacheFolder?: string;
  /** `esddns.js`; absent: what the test run has built. */
  readonly program?: string | undefined;
}

/** What runs in a pod: `esddns operator`, as a process of this machine. */
export class OperatorProcess implements AsyncDisposable {
  readonly pod: Pod;
  readonly #scratch = new Scratch();
  readonly #configFile: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #program: string;
  #child: Child;
  #log = new OperatorLog();

  constructor(
    pod: Pod,
    config: Config,
    { env = {}, cacheFolder, program = inject("program") }: ProcessOptions = {},
  ) {
    this.pod = pod;
    this.#program = program;
    this.#configFile = writeConfig(this.#scratch, config);
    this.#env = {
      ...BARE_ENVIRONMENT,
      KUBECONFIG: pod.kubeconfig,
      NODE_NAME: pod.node,
      POD_NAME: pod.name,
      POD_NAMESPACE: pod.namespace,
      XDG_CACHE_HOME: cacheFolder ?? this.#scratch.at("cache"),
      ...env,
    };
    this.#child = this.#spawn();
  }

  get isRunning(): boolean {
    return this.#child.ended === undefined;
  }

  /** What this process has logged so far, and not those before a restart. */
  get log(): readonly Entry[] {
    this.#log.update(this.#child.stderr);
    return this.#log.entries;
  }

  /** What it printed that is no line of its log. */
  get others(): readonly string[] {
    this.#log.update(this.#child.stderr);
    return this.#log.others;
  }

  /** Waits for a line of the log with this message. */
  says(message: string, { where = () => true, since = 0, within }: SaysOptions = {}): Promise<Entry> {
    const found = () =>
      this.log.find((entry) => entry.message === message && timeOf(entry) >= since && where(entry));
    return this.#child.until(`${this.pod.name} to say "${message}"`, found, within);
  }

  /** Where its dashboard and API are. */
  origin(): Promise<string> {
    return this.#served("The dashboard is served");
  }

  /** What Prometheus gets. */
  async metrics(): Promise<string> {
    const answer = await fetch(`${await this.#served("Health and metrics are served")}/metrics`);
    return answer.text();
  }

  /** A configuration for after {@link OperatorProcess.restart}, or SIGHUP. */
  configure(config: Config): void {
    writeConfig(this.#scratch, config);
  }

  /** How it ends by itself. */
  get exit(): Promise<Exit> {
    return this.#child.exit;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.signal(name);
  }

  /** SIGTERM, as a kubelet does, and waits for its end. */
  stop(): Promise<Exit> {
    return this.#child.stop("SIGTERM");
  }

  /** SIGKILL: out of memory, or the node's power is gone. */
  kill(): Promise<Exit> {
    return this.#child.stop("SIGKILL");
  }

  /** The container starts again in the same pod. */
  async restart(): Promise<void> {
    if (this.isRunning) await this.kill();
    this.#log = new OperatorLog();
    this.#child = this.#spawn();
  }

  /** Memory that it has in use (VmRSS), in MiB. */
  get residentMebibytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** How many files and sockets it has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** Time of processors that it has used so far, in seconds. */
  get processorSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A process that is stopped hears no SIGTERM
    this.#child.signal("SIGCONT");
    await this.#child[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }

  async #served(message: string): Promise<string> {
    const served = await this.says(message);
    const [origin] = /https?:\/\/[^\s"]+/.exec(JSON.stringify(served)) ?? [];
    if (origin === undefined) throw new Error(`No address in ${JSON.stringify(served)}`);
    return origin;
  }

  #spawn(): Child {
    const argv = [process.execPath, this.#program, "operator", "--config", this.#configFile];
    return new Child(argv, { env: this.#env });
  }
}

/** Of a second, in /proc (USER_HZ of every Linux). */
const TICKS = 100;
