import { once } from "node:events";
import { createServer } from "node:net";
import { DEFAULT_PORT } from "#config/service-section.ts";

/**
 * The dashboard's default port is taken while the tests run: one that relied on it would fail by chance, whenever
 * another one, or somebody's own daemon, had it.
 */
export async function setup(): Promise<() => void> {
  const server = createServer((socket) => socket.destroy());
  server.listen(DEFAULT_PORT, "127.0.0.1");
  await once(server, "listening").catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  });
  return () => void server.close();
}
