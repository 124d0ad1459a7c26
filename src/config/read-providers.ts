import { ConfigError } from "#core/errors.ts";
import type { Secrets } from "#core/ports.ts";
import type { ProviderName } from "#core/record.ts";
import type { SecretReference } from "#core/secret.ts";
import type { ConfiguredProvider } from "#config/configuration.ts";
import type { Findings } from "#config/findings.ts";
import { parseAt } from "#config/parse.ts";
import { isMapping, type Path } from "#config/raw.ts";
import { lookUp, type Registries } from "#config/registries.ts";
import { secretRisk, type SecretsOptions } from "#config/secrets.ts";
import { closest, didYouMean } from "#config/suggest.ts";

/** Every provider of the file by its name; `undefined` for one that is there and wrong. */
export type Providers = ReadonlyMap<ProviderName, ConfiguredProvider | undefined>;

/** Names are part of logs, metrics and paths of problems, so they stay simple words. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export function readProviders(value: unknown, registries: Registries, findings: Findings): Providers {
  if (value === undefined || (isMapping(value) && Object.keys(value).length === 0)) {
    findings.problem(
      ["providers"],
      'Cannot read "providers": it is missing, expected a provider by a name of yours',
    );
    return new Map();
  }
  if (!isMapping(value)) {
    findings.problem(
      ["providers"],
      'Cannot read "providers": it has no names, expected a provider below each name',
    );
    return new Map();
  }
  return new Map(
    Object.entries(value).map(([name, entry]) => [name, readProvider(name, entry, registries, findings)]),
  );
}

function readProvider(
  name: ProviderName,
  value: unknown,
  { providers }: Registries,
  findings: Findings,
): ConfiguredProvider | undefined {
  const path = ["providers", name];
  if (!NAME.test(name)) {
    const expected = "letters, digits, - and _, 63 at most";
    findings.problem(
      path,
      `Cannot use the provider name "${name}": it is no simple word, expected ${expected}`,
    );
  }
  if (!isMapping(value)) {
    findings.problem(path, `Cannot read the provider "${name}": it has no keys, expected at least "type"`);
    return undefined;
  }
  const { type, ...rest } = value;
  const ids = Object.keys(providers);
  const definition = typeof type === "string" ? lookUp(providers, type) : undefined;
  if (!definition) {
    const at = type === undefined ? path : [...path, "type"];
    const is = describeType(type, ids);
    findings.problem(at, `Cannot use the provider "${name}": its "type" is ${is}`, typeHint(type, ids));
    return undefined;
  }
  const before = findings.count;
  const config = parseAt(definition.config, rest, path, findings);
  return findings.count === before ? { name, definition, config } : undefined;
}

/** Repeats the word only when it is close to a type: a secret in the wrong place is not repeated. */
function describeType(type: unknown, ids: readonly string[]): string {
  if (type === undefined) return `missing, expected one of ${ids.join(", ")}`;
  const isClose = typeof type === "string" && closest(type, ids) !== undefined;
  return `${isClose ? `"${type}"` : "unknown"}, expected one of ${ids.join(", ")}`;
}

function typeHint(type: unknown, ids: readonly string[]): string | undefined {
  return typeof type === "string" ? didYouMean(type, ids) : undefined;
}

/** Opens every secret once, so that a missing one is known before anything is sent. */
export function openSecrets(
  providers: Providers,
  value: unknown,
  secrets: Secrets,
  options: SecretsOptions,
  findings: Findings,
): void {
  for (const provider of providers.values()) {
    if (!provider) continue;
    const { name, definition, config } = provider;
    for (const reference of definition.secrets(config)) {
      const path = [
        "providers",
        name,
        ...pathOfSecret(reference, isMapping(value) ? value[name] : undefined),
      ];
      try {
        secrets.open(reference);
        const risk = secretRisk(reference, options);
        if (risk)
          findings.warning(
            path,
            `The secret is not well kept: ${risk}`,
            "use { env: NAME } or { file: PATH }",
          );
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const hint = [error.hint, `how to get one: ${definition.docsUrl}`].filter(
          (part) => part !== undefined,
        );
        findings.problem(path, error.message, hint.join("; "));
      }
    }
  }
}

/** Where the file says so: the schema's output no longer knows. */
function pathOfSecret(reference: SecretReference, value: unknown): Path {
  if (!isMapping(value)) return [];
  for (const [key, entry] of Object.entries(value)) {
    if (isReference(reference, entry)) return [key];
    const below = pathOfSecret(reference, entry);
    if (below.length > 0) return [key, ...below];
  }
  return [];
}

function isReference(reference: SecretReference, value: unknown): boolean {
  switch (reference.kind) {
    case "plain":
      return value === reference.text;
    case "env":
      return isMapping(value) && value["env"] === reference.name;
    case "file":
      return isMapping(value) && value["file"] === reference.path;
  }
}
