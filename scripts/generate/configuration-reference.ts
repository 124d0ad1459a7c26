import { keyTable, type JsonSchema } from "./json-schema-keys.ts";

/** The page with every key that does not belong to one source or provider. */
export function configurationReference(schema: JsonSchema): string {
  const { records, providers: _providers, sources: _sources, notify, ...sections } = schema.properties ?? {};
  return [
    "# Configuration",
    "One YAML file: `--config FILE`, else `./esddns.yaml`, `./dns.ini`, `$XDG_CONFIG_HOME/esddns/`, `/etc/esddns/`. Durations carry a unit (`5m`, `1h30m`, `250ms`); unknown keys are errors. `esddns config check` tells every mistake with its line, `esddns config print` the effective values and where each came from. Editors check it by [`configuration.schema.json`](configuration.schema.json).",
    "A secret is `{ env: NAME }`, `{ file: PATH }` (relative paths are also looked for under the unit's credentials) or plain text, which earns a warning. Files are read again when a call is refused for authentication.",
    "## `providers`",
    "Accounts at DNS providers, each under a name of yours; `type` is one of [these](providers/README.md), each with its own keys.",
    "## `records`",
    keyTable(records?.items ?? {}),
    "## `sources`",
    "Which witnesses are asked: [`stun`, `http`, `whoami`, `interface` and others](sources/README.md). Absent: curated STUN servers, HTTPS echoes and DNS services, and the host's own interface as the last resort. `false` switches one off.",
    "## `notify`",
    `${notify?.description ?? ""}. \`type\` is one of [these](notifiers/README.md), each with its own keys.`,
    ...Object.entries(sections).flatMap(([key, section]) => [
      `## \`${key}\``,
      section.description ?? "",
      keyTable(section),
    ]),
  ].join("\n\n");
}
