/**
 * Gandi's API, as the contract tests emulate it, at an address of the lab's Internet.
 *
 * Usage: gandi-server.ts ADDRESS CERTIFICATE KEY ZONE TOKEN NAME VALUE. Reads orders as lines of JSON (`fault` with
 * `options`, or `latency`), and prints a line of JSON for each request once it is answered.
 */
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import type { Fault, FaultOptions } from "#testing/emulators/emulator.ts";
import { pause } from "../until.ts";

/** What it can be told to do. */
export type Order =
  | { readonly kind: "fault"; readonly fault: Fault; readonly options: FaultOptions }
  | { readonly kind: "latency"; readonly ms: number };

/** What it tells of a request. */
export interface Answered {
  readonly at: number;
  readonly effect: "read" | "write";
  readonly status: number | null;
  /** What the record holds after it. */
  readonly values: readonly string[];
}

if (import.meta.main) await serve(process.argv.slice(2));

async function serve([address, cert = "", key = "", zone = "", token = "", name = "", value = ""]: string[]) {
  const tls = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  const gandi = new GandiEmulator({ zones: [zone], token, tls });
  gandi.seed(zone, name, "A", [value], 300);
  await gandi.listen();
  // The emulator listens on loopback alone
  const door = createServer((caller) => {
    const inside = connect(gandi.port, "127.0.0.1");
    caller.pipe(inside).pipe(caller);
    caller.on("error", () => inside.destroy());
    inside.on("error", () => caller.destroy());
    inside.on("close", () => caller.destroy());
  });
  door.listen(443, address);
  createInterface(process.stdin).on("line", (line) => {
    const order: Order = JSON.parse(line);
    if (order.kind === "fault") gandi.fault(order.fault, order.options);
    else gandi.latency = order.ms;
  });
  for (let told = 0; ; await pause(5)) {
    for (const { effect, status = null } of gandi.log.slice(told)) {
      const values = gandi.get(zone, name, "A")?.rrset_values ?? [];
      const answered: Answered = { at: Date.now(), effect, status, values };
      console.log(JSON.stringify(answered));
      told += 1;
    }
  }
}
