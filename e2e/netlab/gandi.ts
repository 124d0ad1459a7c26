import path from "node:path";
import { z } from "zod";
import { Child } from "../child.ts";
import { until } from "../until.ts";
import type { Answered, Order } from "./gandi-server.ts";
import type { Home } from "./home.ts";
import { OLD } from "./name-servers.ts";
import { fiveOperators, type Settings } from "./settings.ts";

const SCRIPT = path.join(import.meta.dirname, "gandi-server.ts");
const [ZONE, NAME, TOKEN] = ["example.org", "home", "a-token-for-the-lab"];

const answered = z.object({
  at: z.number(),
  effect: z.enum(["read", "write"]),
  status: z.number().nullable(),
  values: z.array(z.string()),
}) satisfies z.ZodType<Answered>;

/** Gandi's API on the lab's Internet, with one record, `home.example.org`. */
export class Gandi implements AsyncDisposable {
  readonly #home: Home;
  readonly #number: number;
  readonly #child: Child;

  private constructor(home: Home, number: number) {
    const address = `44.128.53.${10 + number}`;
    const words = [address, home.caFile, home.keyFile, ZONE, TOKEN, NAME, OLD.address];
    this.#home = home;
    this.#number = number;
    this.#child = new Child([...home.inInternet, process.execPath, SCRIPT, ...words]);
  }

  /** @param number 1 to 8: several can run side by side */
  static async start(home: Home, number: number): Promise<Gandi> {
    const gandi = new Gandi(home, number);
    await until("Gandi to listen", () => {
      const listening = home.onInternet("ss", "-Hltn", "sport = :443");
      return listening.includes(`44.128.53.${10 + number}:443`);
    });
    return gandi;
  }

  /** A configuration that has its record here. */
  settings(more: Settings = {}): Settings {
    const endpoint = `https://api${this.#number}.netlab.test`;
    return {
      providers: { gandi: { type: "gandi", token: TOKEN, endpoint } },
      records: [{ name: `${NAME}.${ZONE}` }],
      sources: fiveOperators(this.#home),
      schedule: { probe: "1s" },
      verify: false,
      tls: { caFile: this.#home.caFile },
      log: { level: "debug", format: "json" },
      ...more,
    };
  }

  order(order: Order): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  get requests(): readonly Answered[] {
    const complete = this.#child.stdout.split("\n").slice(0, -1);
    return complete.map((line) => answered.parse(JSON.parse(line)));
  }

  get writes(): readonly Answered[] {
    return this.requests.filter(({ effect }) => effect === "write");
  }

  /** Waits until the record holds the address; the request that made it so. */
  untilIs(address: string, within?: number): Promise<Answered> {
    const found = () => this.writes.find(({ values }) => values.join() === address);
    return this.#child.until(`the record to hold ${address}`, found, within);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
