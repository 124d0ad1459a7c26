import { afterEach, describe, expect, it } from "vitest";
import { keepListening, listenAnywhere } from "#app/listening.ts";
import { milliseconds } from "#core/units.ts";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";
import type { Route } from "#service/http/route.ts";
import { type Server, type ServerOptions, startServer } from "#service/http/server.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const WORDS = { yes: "It is served", no: "It cannot be served" };
const MINUTE = milliseconds(60_000);
const hello: Route = {
  method: "GET",
  path: "/hello",
  access: "open",
  handle: () => ({ kind: "text", type: "text/plain", text: "hello" }),
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function optionsAt(port: number) {
  const clock = new ManualClock();
  const log = new MemoryLog();
  const settings = {
    listen: { kind: "tcp", host: "127.0.0.1", port } as const,
    tokens: [],
    hosts: [],
    proxies: [],
    metrics: { address: false, open: false },
  };
  const options: ServerOptions = {
    settings,
    key: "service.health",
    routes: [hello],
    clock,
    log,
    random: createRandom(),
    hashes: createHashes(),
    isInsecure: false,
  };
  return { clock, log, options };
}

/** A server that has a port, and the port. */
async function taken(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = await startServer(optionsAt(0).options);
  open.push(server);
  return { server, port: server.port ?? 0 };
}

describe("what listens", () => {
  it("says where", async () => {
    const { options, log } = optionsAt(0);
    const listening = await keepListening(options, WORDS);
    open.push(listening);
    expect(log.messages("info")).toEqual(["It is served"]);
    expect(await (await fetch(`${listening.origin}/hello`)).text()).toBe("hello");
  });

  it("says when it listens on every interface: the address is the one that works here", async () => {
    const { options, log } = optionsAt(0);
    const listen = { kind: "tcp", host: "0.0.0.0", port: 0 } as const;
    const listening = await keepListening({ ...options, settings: { ...options.settings, listen } }, WORDS);
    open.push(listening);
    expect(log.entries[0]?.fields).toEqual({ address: listening.origin, interfaces: "all" });
    expect(listening.origin).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it("comes as soon as its port is free, and says before what is in its way", async () => {
    const { server, port } = await taken();
    const { options, log, clock } = optionsAt(port);
    const listening = await keepListening(options, WORDS);
    open.push(listening);
    expect(listening.origin).toBeUndefined();
    await clock.advance(MINUTE);
    await expect.poll(() => log.entries.length).toBe(2);
    for (const { level, message, fields } of log.entries)
      expect([level, message, fields?.["error"]]).toEqual([
        "error",
        "It cannot be served; it is tried again by the minute, and records are kept right",
        `Cannot listen at "127.0.0.1:${port}": another program listens there (choose another with \`service.health\`, or switch the service off with \`service: false\`)`,
      ]);

    await server.close();
    await clock.advance(MINUTE);
    await expect.poll(() => log.messages("info")).toEqual(["It is served"]);
    expect((await fetch(`${listening.origin}/hello`)).status).toBe(200);
  });

  it("ends while it waits for its port", async () => {
    const { port } = await taken();
    const { options } = optionsAt(port);
    const listening = await keepListening(options, WORDS);
    await listening.close();
  });

  it("is somewhere else in a lab", async () => {
    const { port } = await taken();
    const listening = await listenAnywhere(optionsAt(port).options);
    open.push(listening);
    expect(listening.origin).not.toContain(String(port));
    expect((await fetch(`${listening.origin}/hello`)).status).toBe(200);
  });
});
