/**
 * Asks a name server again and again what a record holds, and prints a line for each new answer:
 * `MILLISECONDS_SINCE_1970 VALUE,…`.
 *
 * Usage: watch-record.ts SERVER NAME A|AAAA
 */
import { valuesAt } from "../dns-client.ts";
import { pause } from "../until.ts";

const [, , address = "", name = "", type] = process.argv;
let last: string | undefined;
for (;;) {
  const values = await valuesAt({ address, port: 53 }, name, type === "AAAA" ? "AAAA" : "A").catch(() => []);
  const now = values.join();
  if (now !== last) console.log(`${Date.now()} ${now}`);
  last = now;
  await pause(10);
}
