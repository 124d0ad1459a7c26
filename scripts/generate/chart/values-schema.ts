import { z } from "zod";
import { withPlainPatterns } from "./plain-patterns.ts";
import { withSecretKeyRefs } from "./secret-schema.ts";
import { toldApart } from "./typed-entries.ts";
import { ORIGINAL_KEYS, VALUE_RULES } from "./value-rules.ts";
import { readValues, type ValueKey } from "./values.ts";

type Schema = Readonly<Record<string, unknown>>;

const configuration = z.looseObject({
  properties: z.looseObject({
    providers: z.looseObject({}),
    records: z.looseObject({}),
    notify: z.looseObject({}),
    service: z.looseObject({}),
  }),
});

/** Sections that have values of their own; a template refuses them in `config` and names those. */
const ELSEWHERE = ["kubernetes", "providers", "records", "service"] as const;

/**
 * `values.schema.json`: the keys of `values.yaml` and no others, each of its default's type, with what the rules
 * add. What becomes a part of esddns.yaml is checked as the program checks it. Draft 7 is what all versions of Helm
 * with `kubeVersion`'s clusters understand.
 */
export function valuesSchema(values: string, configurationDocument: Schema): Schema {
  const keys = readValues(values);
  const rules = { ...VALUE_RULES, ...configurationRules(configurationDocument) };
  const known = keys.map(({ path }) => path.join("."));
  const unknown = Object.keys(rules).filter((path) => !known.includes(path));
  if (unknown.length > 0)
    throw new TypeError(`There are rules for values that do not exist: ${unknown.join(", ")}`);
  const { properties, ...rest } = mappingOf(keys, 0, rules);
  const gone = ORIGINAL_KEYS.map((key) => [key, { description: "Of the original chart; refused" }]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of esddns-operator",
    ...rest,
    properties: { ...properties, global: openGlobal(properties["global"]), ...Object.fromEntries(gone) },
  };
}

function configurationRules(document: Schema): Readonly<Record<string, Schema>> {
  const { properties } = configuration.parse(withPlainPatterns(withSecretKeyRefs(document)));
  const { providers, records, service, notify, ...sections } = properties;
  const { minProperties: _, ...accounts } = toldApart(providers);
  const { minItems: __, ...recordList } = records;
  return {
    providers: accounts,
    records: recordList,
    config: {
      properties: {
        ...sections,
        notify: toldApart(notify),
        ...Object.fromEntries(
          ELSEWHERE.map((key) => [key, { description: "Has values of its own; refused" }]),
        ),
      },
      additionalProperties: false,
    },
    "dashboard.tokens": tokensOf(service),
  };
}

function tokensOf(service: Schema): Schema {
  const section = z.object({ anyOf: z.array(z.looseObject({ properties: z.looseObject({}).optional() })) });
  const { properties } = section.parse(service).anyOf.find((form) => form.properties !== undefined) ?? {};
  return z.looseObject({}).parse(properties?.["tokens"]);
}

interface Mapping extends Schema {
  readonly properties: Readonly<Record<string, Schema>>;
}

function mappingOf(
  keys: readonly ValueKey[],
  depth: number,
  rules: Readonly<Record<string, Schema>>,
): Mapping {
  const grouped = Map.groupBy(keys, ({ path }) => path[depth] ?? "");
  const properties = [...grouped].map(([name, [first, ...others]]) => {
    if (!first) throw new TypeError("A group without members");
    const isLeaf = first.path.length === depth + 1;
    return [name, isLeaf ? leafOf(first, rules) : mappingOf([first, ...others], depth + 1, rules)] as const;
  });
  return { type: "object", properties: Object.fromEntries(properties), additionalProperties: false };
}

function leafOf({ path, standard, description }: ValueKey, rules: Readonly<Record<string, Schema>>): Schema {
  const rule = rules[path.join(".")] ?? {};
  const type = "enum" in rule ? {} : { type: typeOf(standard) };
  return { ...type, default: standard, ...rule, description };
}

function typeOf(standard: unknown): string {
  if (Array.isArray(standard)) return "array";
  if (Number.isInteger(standard)) return "integer";
  return typeof standard;
}

/**
 * Globals belong to all charts of a release, so that others may have theirs here; what looks like one of ours is a
 * mistake all the same.
 */
function openGlobal(schema: Schema | undefined): Schema {
  const { properties } = z.looseObject({ properties: z.looseObject({}) }).parse(schema);
  const ours = Object.keys(properties);
  return {
    type: "object",
    properties,
    propertyNames: {
      anyOf: [
        { enum: ours },
        { not: { pattern: "^([dD][oO]?[mM]|[rR][eE]?[cC]|[tT][tT][lL]|[zZ][oO][nN][eE])" } },
      ],
    },
  };
}
