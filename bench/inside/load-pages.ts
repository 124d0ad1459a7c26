/**
 * Loads pages over one connection that is kept, one after the other and in turn.
 *
 * Usage: load-pages.ts ORIGIN LOADS PATH…; prints JSON: for each path its size in bytes and how long each load took,
 * from the request to the end of the answer, in milliseconds.
 */
import { once } from "node:events";
import { Agent, get } from "node:http";
import { monotonicMs } from "../clock.ts";

const [origin = "", loads = "1", ...paths] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const pages = paths.map((path) => ({ path, bytes: 0, took: Array.of<number>() }));
for (let load = 0; load < Number(loads); load += 1) {
  const page = pages[load % pages.length];
  if (!page) break;
  const startedAt = monotonicMs();
  page.bytes = await bytesOf(page.path);
  page.took.push(monotonicMs() - startedAt);
}
agent.destroy();
console.log(JSON.stringify(pages));

async function bytesOf(path: string): Promise<number> {
  const request = get(`${origin}${path}`, { agent, headers: { accept: "text/html,application/json" } });
  request.on("response", (response) => {
    if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`);
    response.on("data", (chunk: Buffer) => (bytes += chunk.length));
    response.on("end", () => request.emit("answered"));
  });
  let bytes = 0;
  await once(request, "answered");
  return bytes;
}
