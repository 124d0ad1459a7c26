import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { buildHome, type Home } from "../e2e/netlab/home.ts";
import { Scratch } from "../e2e/scratch.ts";
import { buildDriver } from "./build.ts";
import { Internet } from "./internet.ts";
import { median } from "./statistics.ts";

const INSIDE = path.join(import.meta.dirname, "inside");
const ONE_WAY_MS = 20;
const SERVERS = 8;
/** STUN over UDP by the first ones, HTTPS echoes by the others: every network an operator of its own. */
const STUN_SERVERS = 5;

/** A timed run of a command in the home. */
const timing = z.object({
  startedAt: z.number(),
  took: z.number(),
  status: z.number().nullable(),
  stdout: z.string(),
  stderr: z.string(),
});
export type Timing = z.output<typeof timing>;

const NO_FOLDERS = { XDG_CACHE_HOME: "", XDG_STATE_HOME: "", CACHE_DIRECTORY: "", STATE_DIRECTORY: "" };

const roundTrips = z.object({ udp: z.array(z.number()), tcp: z.array(z.number()) });

/** A configuration before it is written; JSON is YAML, too. */
export type Config = Readonly<Record<string, unknown>>;

/** The built program, and the home in which it is measured. */
export class World implements Disposable {
  readonly scratch = new Scratch();
  readonly home: Home;
  /** Of the bundled engine without its command line. */
  readonly #driver: string;
  readonly #program: string;
  readonly #tearDown = () => {
    this.home.down();
    this.scratch[Symbol.dispose]();
  };
  #addresses = 0;

  private constructor(home: Home, program: string) {
    this.home = home;
    this.#program = program;
    this.#driver = this.scratch.at("driver.mjs");
    process.once("exit", this.#tearDown);
  }

  /** @param program `esddns.js` */
  static async open(program: string): Promise<World> {
    const home = buildHome({ env: { NETLAB_SERVERS: String(SERVERS) } });
    home.delay(ONE_WAY_MS);
    const world = new World(home, program);
    await buildDriver(world.#driver);
    return world;
  }

  /** `node esddns.js` and these words. */
  esddns(...words: readonly string[]): readonly string[] {
    return [process.execPath, this.#program, ...words];
  }

  /** An environment with a user's folders of its own; the same name is the same folders. Trusts the lab. */
  userEnvironment(name: string): Readonly<Record<string, string>> {
    const home = this.scratch.at("users", name);
    if (!existsSync(home)) mkdirSync(home, { recursive: true });
    return { ...NO_FOLDERS, HOME: home, ...this.#trust };
  }

  /** Runs a command in the home and times it. */
  async time(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Timing> {
    const script = path.join(INSIDE, "time-command.ts");
    return timing.parse(await this.#json([process.execPath, script, ...command], env));
  }

  /** Runs the bundled engine in the home. */
  async drive(task: Config): Promise<unknown> {
    return this.#json([process.execPath, this.#driver, JSON.stringify(task)], this.userEnvironment("driver"));
  }

  /** The line's round trip at this moment, in milliseconds. */
  async roundTrip(rounds = 30): Promise<{ readonly udp: number; readonly tcp: number }> {
    const servers = this.home.servers.slice(0, STUN_SERVERS);
    const script = path.join(INSIDE, "rtt.ts");
    const found = roundTrips.parse(
      await this.#json([process.execPath, script, String(rounds), ...servers], {}),
    );
    return { udp: median(found.udp), tcp: median(found.tcp) };
  }

  /** Starts a program of the bench on the Internet side; it says when it is ready, and prints events as JSON. */
  async serve(script: string, task: Config): Promise<Internet> {
    const child = this.home.startOnInternet(
      process.execPath,
      path.join(INSIDE, "..", "internet", script),
      JSON.stringify(task),
    );
    const internet = new Internet(child);
    await internet.ready;
    return internet;
  }

  /** An address that the home has not had yet. */
  move(): { readonly address: string; readonly at: number } {
    this.#addresses += 1;
    const address = `44.128.${20 + Math.floor(this.#addresses / 200)}.${1 + (this.#addresses % 200)}`;
    return { address, at: this.home.changeWan(address) };
  }

  /** One authority beside those of Node.js, which are read as they are anywhere. */
  get #trust(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: this.home.caFile };
  }

  /** The same, and whatever the first packet over the new line pays for is paid. */
  async moveSettled(): Promise<void> {
    this.move();
    await this.#json([process.execPath, path.join(INSIDE, "rtt.ts"), "1", this.home.servers[0] ?? ""], {});
  }

  /** The certificate and key of every TLS server of the lab. */
  get tls(): Config {
    return { certFile: this.home.caFile, keyFile: this.home.keyFile };
  }

  get sources(): Config {
    const numbers = this.home.servers.map((_, index) => index + 1);
    return {
      stun: {
        servers: numbers
          .slice(0, STUN_SERVERS)
          .map((number) => ({ host: `stun${number}.netlab.test`, operator: `operator${number}` })),
      },
      http: {
        services: numbers
          .slice(STUN_SERVERS)
          .map((number) => ({ url: `https://stun${number}.netlab.test/`, operator: `operator${number}` })),
      },
    };
  }

  /** Those of {@link World.sources}, as they are called everywhere. */
  get witnesses(): readonly { readonly id: string; readonly operator: string }[] {
    return this.home.servers.map((_, index) => {
      const host = `stun${index + 1}.netlab.test`;
      const id = index < STUN_SERVERS ? `stun:${host}:3478:udp` : `http:${host}/`;
      return { id, operator: `operator${index + 1}` };
    });
  }

  /** Writes a configuration for this world. @returns the file */
  configure(name: string, sections: Config): string {
    const config = {
      sources: this.sources,
      store: { path: this.scratch.at(`${name}.db`) },
      ...sections,
    };
    return this.scratch.write(`${name}.yaml`, JSON.stringify(config, undefined, 2));
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#tearDown);
    this.#tearDown();
  }

  async #json(command: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
    const { status, stdout, stderr } = await this.home.run(command, env);
    if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }
}
