import { stringify } from "yaml";
import type { Ability, Capabilities } from "../../src/core/provider.ts";
import type { ProviderDefinition } from "../../src/providers/definition.ts";
import { keyTable, type JsonSchema, providerSchema } from "./json-schema-keys.ts";
import { table } from "./markdown.ts";

export function providerTable(providers: readonly ProviderDefinition[]): string {
  const rows = providers.map((provider) => {
    const { types, ttl, wildcard, multipleValues } = documented(provider);
    return [
      `[\`${provider.id}\`](${linkTo(provider)})`,
      provider.title,
      shortAbility(types.AAAA),
      "no" in ttl ? "-" : `${ttl.min} to ${ttl.max} s`,
      shortAbility(wildcard),
      shortAbility(multipleValues),
    ];
  });
  return table(["type", "service", "IPv6", "TTL", "wildcard", "`merge`"], rows);
}

export function providerPage(provider: ProviderDefinition, schema: JsonSchema): string {
  return [
    `# ${provider.title}`,
    provider.description,
    `The vendor's documentation: <${provider.docsUrl}>`,
    "```yaml\n" +
      stringify({ providers: { home: { type: provider.id, ...object(provider.example) } } }) +
      "```",
    "## Keys",
    keyTable(providerSchema(schema, provider.id)),
    "## What the API can do",
    capabilityTable(documented(provider)),
  ].join("\n\n");
}

/** What the API can do for the example's account. */
function documented(provider: ProviderDefinition): Capabilities {
  return provider.capabilities(provider.config.parse(provider.example));
}

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function capabilityTable(capabilities: Capabilities): string {
  const { granularity, types, ttl, wildcard, apex, multipleValues, read, batch, pacing } = capabilities;
  return table(
    ["ability", ""],
    [
      ["one write addresses", `a ${granularity.replace("-", " ")}`],
      ["A", longAbility(types.A)],
      ["AAAA", longAbility(types.AAAA)],
      [
        "TTL",
        "no" in ttl
          ? `no: ${ttl.no}`
          : `${ttl.min} to ${ttl.max} s${ttl.default === undefined ? "" : `, ${ttl.default} unless set`}`,
      ],
      ["wildcard", longAbility(wildcard)],
      ["apex", longAbility(apex)],
      ["several values, `mode: merge`", longAbility(multipleValues)],
      ["reading back", longAbility(read)],
      ["changes in one request", String(batch)],
      ["pace", `${pacing.requests} requests in ${pacing.per / 1000} s (${pacing.source})`],
    ],
  );
}

function shortAbility(ability: Ability): string {
  return ability === "yes" ? "yes" : "no";
}

function longAbility(ability: Ability): string {
  return ability === "yes" ? "yes" : `no: ${ability.no}`;
}

/** Relative to the root and to docs/providers alike is not possible; the root wins, the page folder repeats it. */
function linkTo({ id }: ProviderDefinition): string {
  return `/docs/providers/${id}.md`;
}
