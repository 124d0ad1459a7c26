import { WitnessError } from "#core/errors.ts";
import { parseHost } from "#sources/stun/server.ts";

/** A line of a list. */
export interface ListedHost {
  readonly host: string;
  readonly port: number;
}

const LINE = /^(?<host>\[[0-9a-f:.]+\]|[0-9a-z._-]+):(?<port>[1-9]\d{0,4})$/i;
const EXCERPT = 40;

/**
 * A public list: `host:port`, `address:port` or `[IPv6 address]:port` in each line, and blank lines. One line of
 * anything else makes it something other than such a list (an error page, half a file), and nothing of it is used.
 *
 * @returns at least one host, each once, in the order of the list
 * @throws {WitnessError} code `host-list`
 */
export function parseHostList(text: string): readonly ListedHost[] {
  const hosts = new Map<string, ListedHost>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const listed = parseLine(line);
    if (!listed) {
      const excerpt = JSON.stringify(line.slice(0, EXCERPT));
      throw unusable(`line ${index + 1} is ${excerpt}, expected host:port`);
    }
    hosts.set(`${listed.host} ${listed.port}`, listed);
  }
  if (hosts.size === 0) throw unusable("it is empty, expected host:port in each line");
  return [...hosts.values()];
}

function parseLine(line: string): ListedHost | undefined {
  const { host: name = "", port: digits = "" } = LINE.exec(line)?.groups ?? {};
  const host = parseHost(name);
  const port = Number(digits);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

function unusable(is: string): WitnessError {
  return new WitnessError(`Cannot use the list of STUN servers: ${is}`, { code: "host-list" });
}
