import { z } from "zod";
import { stringify } from "yaml";
import { secretPaths } from "./secret-schema.ts";
import { byType } from "./typed-entries.ts";

const HEADING = `# Where providers and notifiers have secrets, by their type. The templates refuse one in plain text even where the
# schema was skipped. Generated from the definitions.
`;

/** `files/secret-keys.yaml` of the chart. */
export function secretKeys(configurationDocument: unknown): string {
  const { properties } = z
    .looseObject({ properties: z.looseObject({ providers: z.unknown(), notify: z.unknown() }) })
    .parse(configurationDocument);
  const { providers, notify, service: _, ...others } = properties;
  if (Object.values(others).some((section) => secretPaths(section).length > 0))
    throw new TypeError("There are secrets in a section that the chart's templates do not look at");
  const pathsOf = (section: unknown) =>
    Object.fromEntries(
      [...byType(section)]
        .map(([type, schema]) => [type, secretPaths(schema)] as const)
        .filter(([, paths]) => paths.length > 0),
    );
  return HEADING + stringify({ providers: pathsOf(providers), notify: pathsOf(notify) });
}
