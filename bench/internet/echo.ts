/**
 * Tells its callers their address over HTTPS, and us of every request.
 *
 * Usage: echo.ts JSON with `address`, `certFile` and `keyFile`.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { z } from "zod";
import { tell } from "./tell.ts";

const task = z.object({ address: z.string(), certFile: z.string(), keyFile: z.string() });
const { address, certFile, keyFile } = task.parse(JSON.parse(process.argv[2] ?? ""));

const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
createServer(tls, (request, response) => {
  tell("request", { effect: "echo", path: request.url });
  response.setHeader("content-type", "text/plain");
  response.end(`${request.socket.remoteAddress}\n`);
}).listen(443, address, () => tell("ready", {}));
