import { ConfigError } from "#core/errors.ts";
import type { Secrets } from "#core/ports.ts";
import type { SecretReference } from "#core/secret.ts";
import type { Findings } from "#config/findings.ts";
import { isMapping, type Path } from "#config/raw.ts";
import { secretRisk, type SecretsOptions } from "#config/secrets.ts";

/** A part of the file whose entries have names and may hold secrets. */
export interface Section {
  readonly key: "notify" | "providers";
  /** As the file has it. */
  readonly value: unknown;
  readonly entries: readonly {
    readonly name: string;
    readonly definition: { readonly docsUrl: string; secrets(config: unknown): readonly SecretReference[] };
    readonly config: unknown;
  }[];
}

/** Opens every secret once, so that a missing one is known before anything is sent. */
export function openSecrets(
  section: Section,
  secrets: Secrets,
  options: SecretsOptions,
  findings: Findings,
): void {
  const { key, value } = section;
  for (const { name, definition, config } of section.entries) {
    for (const reference of definition.secrets(config)) {
      const path = [key, name, ...pathOfSecret(reference, isMapping(value) ? value[name] : undefined)];
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
