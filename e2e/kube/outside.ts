import { ALLOWED_RANGES, type Config, Lab, NAME } from "../lab.ts";
import { CountingProvider, type Write } from "./counting-provider.ts";
import type { Pod } from "./pods.ts";

const CA_FILE = "all.pem";
/** The one record, relative to its zone. */
const RECORD = "home";

/**
 * What a cluster has outside of it: witnesses that see it under an address that can be moved, and a provider that
 * counts. All on loopback, in the test's own process. Clusters that span sites have several.
 */
export class Outside implements AsyncDisposable {
  readonly lab: Lab;
  readonly provider: CountingProvider;

  private constructor(lab: Lab, provider: CountingProvider) {
    this.lab = lab;
    this.provider = provider;
  }

  static async start(): Promise<Outside> {
    const lab = await Lab.start();
    return new Outside(lab, await CountingProvider.start(lab, CA_FILE));
  }

  get address(): string {
    return this.lab.address();
  }

  /** @returns the new address */
  move(): string {
    return this.lab.move();
  }

  /** How many times a witness was asked, by whomever. */
  get questions(): number {
    return this.lab.questions;
  }

  get writes(): readonly Write[] {
    return this.provider.writes;
  }

  /** What the record holds at the provider. */
  get published(): string | undefined {
    return this.provider.values(RECORD)[0];
  }

  /** The configuration of a pod, with the given sections in place of its own. Quick: a round every 10 s. */
  configFor({ name }: Pod, sections: Config = {}): Config {
    const { lab } = this;
    return {
      providers: { main: this.provider.configFor(name) },
      records: [{ name: NAME, types: ["A"], provider: "main", ttl: 300 }],
      sources: lab.sources,
      consensus: { quorum: 2, deadline: "4s", allowRanges: ALLOWED_RANGES },
      schedule: { interval: "10s", probe: "1s" },
      verify: { servers: [`${lab.nameServer.address}:${lab.nameServer.port}`], deadline: "5s" },
      store: false,
      tls: { caFile: lab.scratch.at(CA_FILE) },
      service: { listen: "127.0.0.1:0", health: "127.0.0.1:0", metrics: { open: true } },
      log: { format: "json", level: "info" },
      ...sections,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider[Symbol.asyncDispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}
