import type { Log, Ports, Secrets } from "#core/ports.ts";
import { createClock } from "#platform/clock.ts";
import { createCommands } from "#platform/commands.ts";
import { createFiles } from "#platform/files.ts";
import { createHashes } from "#platform/hashes.ts";
import { createHttp } from "#platform/http.ts";
import { createInterfaces } from "#platform/interfaces.ts";
import { createNames } from "#platform/names.ts";
import { createRandom } from "#platform/random.ts";
import { createTcp } from "#platform/tcp.ts";
import { createTls } from "#platform/tls.ts";
import { createTrust } from "#platform/trust.ts";
import { createUdp } from "#platform/udp.ts";

export interface PortsOptions {
  readonly log: Log;
  readonly secrets: Secrets;
  /** Authorities to trust beside those of Node: a file in PEM. */
  readonly caFile?: string | undefined;
}

/** The ports of this host, with what stays open between calls. */
export interface HostPorts extends Ports {
  /** Ends kept connections that nobody is using: when the address may have changed, they lead nowhere. */
  closeIdle(): void;
  /** Ends kept connections and questions to name servers, so that nothing holds the process. */
  close(): Promise<void>;
}

/**
 * Everything that touches the world, on Node.
 *
 * @throws {ConfigError} when `caFile` cannot be used
 */
export function createPorts({ log, secrets, caFile }: PortsOptions): HostPorts {
  const trust = createTrust(caFile);
  const clock = createClock();
  const names = createNames({ clock });
  const http = createHttp({ names, trust });
  return {
    udp: createUdp(),
    tcp: createTcp(),
    tls: createTls(trust),
    http,
    names,
    clock,
    random: createRandom(),
    hashes: createHashes(),
    files: createFiles(),
    interfaces: createInterfaces(),
    commands: createCommands(),
    secrets,
    log,
    closeIdle: () => http.closeIdle(),
    async close() {
      http.close();
      names.close();
    },
  };
}
