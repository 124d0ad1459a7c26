import type { Family } from "#core/address.ts";
import { TransportError } from "#core/errors.ts";
import { bareHost } from "#sources/_shared/bare-host.ts";
import { defineSource } from "#sources/definition.ts";
import { configSchema } from "#sources/whoami/config.ts";
import { DEFAULT_SERVICES } from "#sources/whoami/default-services.ts";
import { familiesOf, type WhoamiService, whoamiIds } from "#sources/whoami/service.ts";
import { createWitness } from "#sources/whoami/witness.ts";

/** DNS servers that answer with the address of whoever asks. */
export const whoami = defineSource({
  kind: "whoami",
  title: "DNS servers (whoami)",
  description:
    "Asks DNS servers for a name that stands for the asker, over UDP, TLS or HTTPS. Over UDP the answer can be " +
    "forged on the path, and many networks redirect port 53 to a resolver of their own, which then tells its own " +
    "address: all plain DNS together has one vote, and never the decisive one.",
  config: configSchema,
  create({ services = DEFAULT_SERVICES, timeout }, ports) {
    const ids = whoamiIds(services);
    const witnesses = services.map((service, index) =>
      createWitness(service, ids[index] ?? "whoami", ports, timeout),
    );
    return {
      kind: "whoami",
      witnesses: () => witnesses,
      async prepare(families, signal) {
        const resolve = async ({ host, family }: Resolvable) => {
          try {
            await ports.names.resolve(host, family, signal);
          } catch (error) {
            if (error instanceof TransportError)
              ports.log.debug("The name of a DNS server does not resolve", { host, family, error });
          }
        };
        await Promise.all(services.flatMap((service) => resolvable(service, families)).map(resolve));
      },
    };
  },
});

interface Resolvable {
  readonly host: string;
  readonly family: Family;
}

/** Filled into the cache of names ahead, so that no round pays for it. */
function resolvable(service: WhoamiService, families: readonly Family[]): readonly Resolvable[] {
  const { access } = service;
  const hosts = access.transport === "https" ? [bareHost(access.url)] : access.hosts;
  const wanted = familiesOf(service).filter((family) => families.includes(family));
  return hosts.flatMap((host) => wanted.map((family) => ({ host, family })));
}
