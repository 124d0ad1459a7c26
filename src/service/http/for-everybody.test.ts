import { afterEach, describe, expect, it } from "vitest";
import { createClock } from "#platform/clock.ts";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";
import type { Access, Route } from "#service/http/route.ts";
import { type Server, type ServerOptions, startServer } from "#service/http/server.ts";
import { request, sendRaw } from "#service/http/testdata/raw.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A server without pages whose only route is `GET /livez`, at every address of this host. */
async function start(access: Access = "open", more: Partial<ServerOptions> = {}): Promise<Server> {
  const handle: Route["handle"] = () => ({ kind: "text", type: "text/plain", text: "ok\n" });
  const server = await startServer({
    settings: {
      listen: { kind: "tcp", host: "0.0.0.0", port: 0 },
      tokens: [],
      hosts: ["esddns.example.org"],
      proxies: [],
      metrics: { address: false, open: false },
    },
    routes: [{ method: "GET", path: "/livez", access, handle }],
    clock: createClock(),
    random: createRandom(),
    hashes: createHashes(),
    log: new MemoryLog(),
    isInsecure: false,
    ...more,
  });
  servers.push(server);
  return server;
}

describe("a server of what everybody may ask", () => {
  it("may listen for everybody, without a password", async () => {
    const { origin } = await start();
    expect(await (await fetch(`${origin}/livez`)).text()).toBe("ok\n");
  });

  it("may not with a single route that is not for all", async () => {
    await expect(start("read")).rejects.toMatchObject({ code: "no-password" });
    const laterRoutes = () => Promise.resolve([]);
    await expect(start("open", { laterRoutes })).rejects.toMatchObject({ code: "no-password" });
  });

  it.each(["/", "/sign-in", "/sign-out", "/api/v1/state", "/livez/", "/assets/style.css"])(
    "has nothing at %s: no page, no cookie, no way in",
    async (path) => {
      const { origin } = await start();
      for (const method of ["GET", "POST"]) {
        const answer = await fetch(origin + path, { method, headers: { accept: "text/html" } });
        expect([answer.status, answer.headers.get("content-type"), answer.headers.get("set-cookie")]).toEqual(
          [404, "application/problem+json", null],
        );
      }
    },
  );

  it("knows its own names alone: no page of elsewhere reads it through a browser", async () => {
    const { port } = await start();
    const ask = (host: string) => sendRaw(port ?? 0, [request("GET /livez", [`Host: ${host}`])]);
    for (const host of [`127.0.0.1:${port}`, "localhost", "esddns.example.org"])
      expect(await ask(host)).toMatchObject({ status: 200 });
    expect(await ask("rebound.example")).toMatchObject({ status: 421 });
  });
});
