import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import { registries } from "#app/registries.ts";
import type { Command, Invocation } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { askHealth, type HealthTarget } from "#cli/health-request.ts";
import { readBounded } from "#config/files.ts";
import { loadConfiguration } from "#config/load.ts";
import { DEFAULT_PORT } from "#config/service-section.ts";
import type { Listen, ServiceSettings } from "#config/service-settings.ts";
import { ConfigError, describeError } from "#core/errors.ts";

/** For containers, in which there is no curl. */
export const healthcheck: Command = {
  options: { url: { type: "string" } },
  hasJson: false,
  positionals: [],
  usage: "esddns healthcheck [--url URL]",
  async run(invocation) {
    const { terminal, options } = invocation;
    const url = options["url"];
    const target = typeof url === "string" ? targetOfUrl(url) : await configuredTarget(invocation);
    const { status, text } = await askHealth(target);
    const said = text.split("\n", 1)[0]?.slice(0, 100) ?? "";
    if (status === 200) terminal.out(`Live: ${target.name}\n`);
    else terminal.err(`Not live: ${target.name} says ${status} ${said}\n`);
    return status === 200 ? EXIT.ok : EXIT.failed;
  },
};

async function configuredTarget({ configFile, terminal }: Invocation): Promise<HealthTarget> {
  const { cwd, env, err } = terminal;
  const settings = await loadConfiguration({ file: configFile, cwd, env, registries }).then(
    ({ service }) => service,
    (error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      // The daemon goes on with what it had before somebody broke the file: no reason to end it
      err(`${describeError(error)}; asking at the default address\n`);
      return DEFAULT;
    },
  );
  if (settings) return targetOf(settings);
  const message = "Cannot ask the daemon: the configuration says `service: false`, expected a service";
  throw new ConfigError(message, []);
}

const DEFAULT = { listen: { kind: "tcp", host: "127.0.0.1", port: DEFAULT_PORT } } as const;

function targetOf({ listen, tls }: Pick<ServiceSettings, "listen" | "tls">): HealthTarget {
  const certificate = tls && readCertificate(tls.certificateFile);
  // A name that the service answers to, whatever names it was given
  const headers = { host: "localhost" };
  return { ...whereIs(listen), headers, path: "/livez", isTls: tls !== undefined, certificate };
}

function whereIs(listen: Listen): Pick<HealthTarget, "name" | "socket"> {
  if (listen.kind === "unix") return { name: `unix:${listen.path}`, socket: { socketPath: listen.path } };
  const { port } = listen;
  if (port === 0) {
    throw new ConfigError(
      `Cannot ask the daemon: \`service.listen\` has the port 0, which is another one at each start; expected a port, or --url with the address in the daemon's log`,
      [],
    );
  }
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

function targetOfUrl(text: string): HealthTarget {
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
