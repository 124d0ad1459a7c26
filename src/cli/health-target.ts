import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import type { HealthTarget } from "#cli/health-request.ts";
import { readBounded } from "#config/files.ts";
import { DEFAULT_PORT } from "#config/service-section.ts";
import type { Listen, ServiceSettings } from "#config/service-settings.ts";
import { ConfigError } from "#core/errors.ts";

type Listening = Pick<ServiceSettings, "health" | "listen" | "tls">;

/**
 * Where a daemon of this configuration can be asked, made for it first: of two, one may be without its port.
 *
 * @throws {ConfigError} when there is no such place, or the certificate to expect there cannot be read
 */
export function* targetsOf({ health, listen, tls }: Listening): Iterable<HealthTarget> {
  const isHealthAskable = health !== undefined && hasPlace(health);
  if (isHealthAskable) yield targetAt(health);
  if (hasPlace(listen)) yield targetAt(listen, tls);
  else if (!isHealthAskable)
    throw new ConfigError(
      `Cannot ask the daemon: \`service.listen\` has the port 0, which is another one at each start; expected a port there or at \`service.health\`, or --url with the address in the daemon's log`,
      [],
    );
}

/** @throws {ConfigError} */
export function targetOfUrl(text: string): HealthTarget {
  const url = URL.parse(text);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ConfigError(
      `Cannot ask "${text}": expected a URL such as http://127.0.0.1:${DEFAULT_PORT}`,
      [],
    );
  }
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (isTls ? 443 : 80);
  const path = url.pathname === "/" ? "/livez" : url.pathname;
  return { name: url.host, socket: { host, port }, headers: { host: url.host }, path, isTls };
}

function hasPlace(listen: Listen): boolean {
  return listen.kind === "unix" || listen.port !== 0;
}

function targetAt(listen: Listen, tls?: ServiceSettings["tls"]): HealthTarget {
  const certificate = tls && readCertificate(tls.certificateFile);
  // A name that the service answers to, whatever names it was given
  const headers = { host: "localhost" };
  return { ...whereIs(listen), headers, path: "/livez", isTls: tls !== undefined, certificate };
}

function whereIs(listen: Listen): Pick<HealthTarget, "name" | "socket"> {
  if (listen.kind === "unix") return { name: `unix:${listen.path}`, socket: { socketPath: listen.path } };
  const { port } = listen;
  const host = reachable(listen.host);
  return { name: isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`, socket: { host, port } };
}

/** Who listens everywhere can be asked on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function readCertificate(file: string): X509Certificate {
  const subject = `the certificate "${file}"`;
  const bytes = readBounded(file, subject, 1024 * 1024);
  try {
    return new X509Certificate(bytes);
  } catch {
    throw new ConfigError(`Cannot use ${subject}: it is no certificate, expected one in PEM`, []);
  }
}
