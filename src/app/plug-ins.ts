import type { Configuration } from "#config/configuration.ts";
import type { Ports } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import type { ProviderName } from "#core/record.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import type { Authority } from "#core/verification.ts";
import type { Source } from "#core/witness.ts";
import { withAuthoritativeRead } from "#providers/_shared/with-authoritative-read.ts";
import { withPacing } from "#providers/_shared/with-pacing.ts";
import { withSecretRefresh } from "#providers/_shared/with-secret-refresh.ts";

/** The configured sources, each with its own folder for cached lists. */
export function createSources(
  configuration: Pick<Configuration, "sources">,
  ports: Ports,
  cacheFolder: string | undefined,
): readonly Source[] {
  return configuration.sources.map(({ definition, config }) =>
    definition.create(config, ports, { cacheFolder }),
  );
}

/**
 * The configured provider accounts: paced as the vendor publishes, with secrets read again when they are refused,
 * and read at the zone's own servers where the API cannot be read.
 */
export function createProviders(
  configuration: Pick<Configuration, "providers">,
  ports: Ports,
  authority: Authority,
): ReadonlyMap<ProviderName, Provider> {
  return new Map(
    [...configuration.providers].map(([name, { definition, config }]) => {
      const opened: Secret[] = [];
      const secret = (reference: SecretReference) => {
        const value = ports.secrets.open(reference);
        opened.push(value);
        return value;
      };
      const account = definition.create(config, ports, secret);
      const paced = withPacing(account, ports.clock);
      const refreshed = withSecretRefresh(paced, opened);
      return [name, withAuthoritativeRead(refreshed, authority)];
    }),
  );
}
