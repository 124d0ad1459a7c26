import { lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { formatListen, type Listen } from "#config/service-settings.ts";
import { ConfigError } from "#core/errors.ts";

/**
 * Binds the server.
 *
 * @param key of the configuration, for the error
 * @returns the port; `undefined` for a Unix socket
 * @throws {ConfigError} (rejects) code `cannot-listen`
 */
export async function listen(
  server: Server,
  where: Listen,
  key = "service.listen",
): Promise<number | undefined> {
  if (where.kind === "unix") await removeStale(where.path, key);
  await bound(server, where, key);
  const address = server.address();
  return typeof address === "object" ? address?.port : undefined;
}

function bound(server: Server, where: Listen, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(cannotListen(where, wordsFor(error), key));
    server.once("error", fail);
    const done = () => {
      server.off("error", fail);
      resolve();
    };
    if (where.kind === "tcp") server.listen({ host: where.host, port: where.port }, done);
    else privately(() => server.listen({ path: where.path }, done));
  });
}

/** The socket is there for owner and group from its first moment on: binding happens before `listen` returns. */
function privately(bind: () => void): void {
  const before = process.umask(0o117);
  try {
    bind();
  } finally {
    process.umask(before);
  }
}

/** What an earlier process left behind. One that somebody answers at, or another kind of file, stays. */
async function removeStale(path: string, key: string): Promise<void> {
  const where = { kind: "unix", path } as const;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw cannotListen(where, "there is a file that is no socket", key);
  if (await isAnswered(path)) throw cannotListen(where, "another program listens there", key);
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    // Only a refusal means that nobody is there: a full queue or a forbidden socket belongs to somebody
    socket.once("connect", settle(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => settle(code !== "ECONNREFUSED")());
  });
}

function cannotListen(where: Listen, is: string, key: string): ConfigError {
  const message = `Cannot listen at "${formatListen(where)}": ${is}`;
  const hint = `choose another with \`${key}\`, or switch the service off with \`service: false\``;
  return new ConfigError(message, [{ path: key, message, hint }], { code: "cannot-listen", hint });
}

function wordsFor({ code = "unknown error" }: NodeJS.ErrnoException): string {
  return WORDS.get(code) ?? `the system says ${code}`;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another program listens there"],
  ["EADDRNOTAVAIL", "no interface of this host has the address"],
  ["EACCES", "this user may not"],
  ["ENOENT", "there is no such folder"],
]);
