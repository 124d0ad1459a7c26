import { randomBytes } from "node:crypto";
import { z } from "zod";
import { createAuthority } from "#lab/certificate.ts";
import type { EmulatedRequest, Fault, FaultOptions, LoggedRequest } from "#testing/emulators/emulator.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { type Config, type Lab, loopback, ZONE } from "../lab.ts";

/** A request that a provider got, and from which pod. */
export interface Request {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly pod: string;
  /** Of the answer; `undefined`: there was none. */
  readonly status: number | undefined;
}

export interface Write extends Request {
  /** Relative to the zone. */
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

const setSchema = z.object({ rrset_values: z.array(z.string()) });

/**
 * Gandi as its emulator stands for it, with a token for each pod: who wrote what, and when. Whatever is written shows
 * at the lab's name server at once.
 */
export class CountingProvider implements AsyncDisposable {
  readonly writes: Write[] = [];
  readonly reads: Request[] = [];
  readonly #lab: Lab;
  readonly #podOf = new Map<string, string>();
  readonly #tokens = new Set<string>();
  readonly #faults = new Map<string, Fault>();
  readonly #emulator: GandiEmulator;

  private constructor(lab: Lab, tls: { readonly key: string; readonly cert: string }) {
    this.#lab = lab;
    const onLogged = (request: LoggedRequest) => this.#take(request);
    this.#emulator = new GandiEmulator({
      zones: [ZONE],
      token: newToken(),
      tokens: this.#tokens,
      tls,
      keepFor: 60_000,
      faultOf: (request) => this.#faults.get(this.#podBehind(request)),
      onLogged,
    });
  }

  /** @param caFileName what the lab's witnesses and this provider prove themselves by, in the lab's folder */
  static async start(lab: Lab, caFileName: string): Promise<CountingProvider> {
    const authority = createAuthority({ name: "provider", now: new Date() });
    const { certificatePem, keyPem } = authority.issue({ addresses: [loopback(4)], now: new Date() });
    lab.scratch.write(caFileName, `${lab.caPem}${authority.certificatePem}`);
    const provider = new CountingProvider(lab, { cert: certificatePem, key: keyPem });
    await provider.#emulator.listen();
    return provider;
  }

  /** A pod's configuration of it. */
  configFor(pod: string): Config {
    const known = [...this.#podOf].find(([, one]) => one === pod)?.[0];
    const token = known ?? newToken();
    this.#podOf.set(token, pod);
    this.#tokens.add(token);
    const file = this.#lab.scratch.write(`token-${pod}`, token);
    return { type: "gandi", endpoint: this.#emulator.endpoint, token: { file } };
  }

  /** What a record holds. @param name relative to the zone */
  values(name: string, type = "A"): readonly string[] {
    return this.#emulator.get(ZONE, name, type)?.rrset_values ?? [];
  }

  /** As somebody else would, at the provider's own page. */
  set(name: string, value: string, type = "A"): void {
    this.#emulator.seed(ZONE, name, type, [value], 300);
    this.#lab.set(value, { name: `${name}.${ZONE}` });
  }

  fault(fault: Fault, options?: FaultOptions): void {
    this.#emulator.fault(fault, options);
  }

  /** With every request of one pod. */
  faultFor(pod: string, fault: Fault): void {
    this.#faults.set(pod, fault);
  }

  heal(): void {
    this.#emulator.clearFaults();
    this.#faults.clear();
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#emulator.pending;
  }

  /** Milliseconds before every answer. */
  set latency(ms: number) {
    this.#emulator.latency = ms;
  }

  /** Takes the token of one pod no more, or again. */
  refuse(pod: string, isRefused: boolean): void {
    for (const [token, one] of this.#podOf) {
      if (one !== pod) continue;
      if (isRefused) this.#tokens.delete(token);
      else this.#tokens.add(token);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emulator.close();
  }

  #podBehind({ headers }: EmulatedRequest): string {
    const token = (headers.authorization ?? "").replace(/^Bearer /, "");
    return this.#podOf.get(token) ?? "nobody";
  }

  #take(logged: LoggedRequest): void {
    const { effect, url, status, body } = logged;
    const request = { at: Date.now(), pod: this.#podBehind(logged), status };
    if (effect === "read") return void this.reads.push(request);
    const [, name = "", type = ""] = /\/records\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    const values = setSchema.safeParse(JSON.parse(body)).data?.rrset_values ?? [];
    this.writes.push({ ...request, name, type, values });
    const [value] = this.values(name, type);
    if (value !== undefined) this.#lab.set(value, { name: `${name}.${ZONE}` });
  }
}

function newToken(): string {
  return `s3cret-${randomBytes(16).toString("hex")}`;
}
