/**
 * Readers of the events, as many as wanted, as long as wanted.
 *
 * Usage: read-along.ts ORIGIN; each line of the standard input is how many there are from then on. Prints a line of
 * JSON when there are so many, and one for each event of a round when all of them have it: `first` and `last` are in
 * milliseconds since 1970.
 */
import { once } from "node:events";
import { get, type ClientRequest } from "node:http";
import { createInterface } from "node:readline";

const [origin = ""] = process.argv.slice(2);
const EVENT = /^event: (round-started|decided|round-ended)\ndata: \{"round":(\d+)(?:,"family":(\d))?/gm;
const readers = new Set<ClientRequest>();
const seen = new Map<string, { count: number; readonly first: number }>();

for await (const line of createInterface({ input: process.stdin })) {
  const wanted = Number(line);
  const leaving = [...readers].slice(wanted);
  for (const reader of leaving) {
    readers.delete(reader);
    reader.destroy();
  }
  while (readers.size < wanted) await join();
  say({ readers: wanted });
}
process.exit();

async function join(): Promise<void> {
  const reader = get(`${origin}/api/v1/events?state=0`, { agent: false });
  reader.on("error", () => {});
  let rest = "";
  reader.on("response", (response) => {
    if (response.statusCode !== 200) throw new Error(`The events answered ${response.statusCode}`);
    response.setEncoding("latin1");
    response.on("error", () => {});
    response.on("data", (text: string) => {
      const at = Date.now();
      const end = text.lastIndexOf("\n\n");
      for (const [, kind, round, family] of `${rest}${text.slice(0, end + 1)}`.matchAll(EVENT))
        learn({ kind, round: Number(round), ...(family !== undefined && { family: Number(family) }) }, at);
      rest = end < 0 ? rest + text : text.slice(end);
    });
  });
  readers.add(reader);
  await once(reader, "response");
}

function learn(event: object, at: number): void {
  const key = JSON.stringify(event);
  const known = seen.get(key) ?? { count: 0, first: at };
  known.count += 1;
  seen.set(key, known);
  if (known.count < readers.size) return;
  seen.delete(key);
  say({ ...event, first: known.first, last: at });
}

function say(value: object): void {
  console.log(JSON.stringify(value));
}
