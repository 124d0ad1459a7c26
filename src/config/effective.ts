import { z } from "zod";
import type { Configuration } from "#config/configuration.ts";
import { commonKeys, splitCommon } from "#config/notify-section.ts";
import type { Section } from "#config/open-secrets.ts";
import { formatPath, isMapping, nearestPlace, type Path, type RawConfiguration } from "#config/raw.ts";
import { selectedSources, sourceInput } from "#config/read-sources.ts";
import { lookUp, type Registries } from "#config/registries.ts";
import { recordSchema, SECTIONS } from "#config/schema.ts";
import { storePath } from "#config/store-path.ts";
import { splitExpiry } from "#config/token-expiry.ts";
import type { Environment } from "#config/location.ts";
import { formatListen } from "#config/service-settings.ts";

/** Where one effective value comes from. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "env"; readonly name: string }
  | {
      readonly kind: "file";
      readonly file: string;
      readonly line: number;
      /** The file's own name for it, where that differs. */
      readonly key?: string | undefined;
      /** The environment variable that the file names for the value. */
      readonly env?: string | undefined;
    };

/** Every value that is in force, in the form of the file, secrets masked. */
export interface EffectiveConfiguration {
  readonly values: Readonly<Record<string, unknown>>;
  readonly originOf: (path: Path) => Origin;
}

const MASK = "•••";

/** What the file says, with every default that applies written out. */
export function effectiveConfiguration(
  configuration: Configuration,
  raw: RawConfiguration,
  {
    registries,
    env,
    folder,
  }: { readonly registries: Registries; readonly env: Environment; readonly folder: string },
): EffectiveConfiguration {
  const value = isMapping(raw.value) ? raw.value : {};
  const store = storePath(pathOf(value["store"]), { env, folder });
  const values = {
    providers: effectiveProviders(configuration, value["providers"]),
    records: effectiveRecords(configuration, value["records"]),
    sources: effectiveSources(value["sources"], registries),
    ...(value["notify"] === undefined ? {} : { notify: effectiveNotify(configuration, value["notify"]) }),
    consensus: withDefaults(SECTIONS.consensus, value["consensus"]),
    schedule: withDefaults(SECTIONS.schedule, value["schedule"]),
    verify: withDefaults(SECTIONS.verify, value["verify"]),
    store: value["store"] === false ? false : { path: store.path },
    log: withDefaults(SECTIONS.log, value["log"]),
    tls: withDefaults(SECTIONS.tls, value["tls"]),
    service: effectiveService(configuration, value["service"]),
    ...(value["kubernetes"] === undefined
      ? {}
      : { kubernetes: withDefaults(SECTIONS.kubernetes, value["kubernetes"]) }),
    ...(value["compat"] === undefined ? {} : { compat: withDefaults(SECTIONS.compat, value["compat"]) }),
  };
  const variables = new Map(store.env ? [["store.path", store.env]] : []);
  return { values: maskUserInfo(values), originOf: (path) => originOf(path, raw, variables) };
}

function originOf(path: Path, raw: RawConfiguration, variables: ReadonlyMap<string, string>): Origin {
  const place = hasValue(raw.value, path) ? nearestPlace(raw, path) : undefined;
  if (place) {
    const key = place.name === undefined ? {} : { key: place.name };
    const named = place.env === undefined ? {} : { env: place.env };
    return { kind: "file", file: raw.file, line: place.line, ...key, ...named };
  }
  const name = variables.get(formatPath(path));
  return name === undefined ? { kind: "default" } : { kind: "env", name };
}

function hasValue(value: unknown, [key, ...rest]: Path): boolean {
  if (key === undefined) return value !== undefined;
  if (Array.isArray(value)) return hasValue(value[Number(key)], rest);
  return isMapping(value) && Object.hasOwn(value, key) && hasValue(value[key], rest);
}

function effectiveProviders({ providers }: Configuration, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...providers].map(([name, provider]) => {
      const { type, ...rest } = entryOf(value, name);
      const { tokenExpires, own } = splitExpiry(rest);
      const expiry = tokenExpires === undefined ? {} : { tokenExpires };
      return [name, { type, ...effectiveOwn(provider, own), ...expiry }];
    }),
  );
}

function effectiveNotify({ notify }: Configuration, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    notify.map((notifier) => {
      const { type, ...rest } = entryOf(value, notifier.name);
      const { common, own } = splitCommon(notifier.kind, rest);
      const keys = asMapping(withDefaults(commonKeys(notifier.kind), common));
      return [notifier.name, { type, ...keys, ...effectiveOwn(notifier, own) }];
    }),
  );
}

/** The keys of a plug-in's own. */
function effectiveOwn(
  { definition, config }: Section["entries"][number] & { readonly definition: { readonly config: unknown } },
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const texts = definition
    .secrets(config)
    .flatMap((reference) => (reference.kind === "plain" ? [reference.text] : []));
  return asMapping(maskTexts(withDefaults(definition.config, own), new Set(texts)));
}

function entryOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return asMapping(asMapping(value)[name]);
}

/** The listening address of a `dns.ini` is the one in force; tokens and hashes are nobody's business. */
function effectiveService({ service }: Configuration, value: unknown): unknown {
  if (service === false) return false;
  const { tokens, password, ...rest } = asMapping(withDefaults(SECTIONS.service, value));
  const entries = Array.isArray(tokens) ? tokens.map((token: unknown) => asMapping(token)) : [];
  return {
    ...rest,
    listen: value === undefined ? formatListen(service.listen) : rest["listen"],
    ...(password === undefined ? {} : { password: maskPlain(password) }),
    tokens: entries.map((token) => ({ ...token, token: maskPlain(token["token"]) })),
  };
}

function maskPlain(secret: unknown): unknown {
  return typeof secret === "string" ? MASK : secret;
}

function effectiveRecords({ providers }: Configuration, value: unknown): readonly unknown[] {
  const [only] = providers.keys();
  const entries = Array.isArray(value) ? value : [];
  return entries.map((entry: unknown) => {
    const record = asMapping(withDefaults(recordSchema, entry));
    return record["provider"] === undefined ? { ...record, provider: only } : record;
  });
}

function effectiveSources(value: unknown, registries: Registries): Readonly<Record<string, unknown>> {
  const selected = [...selectedSources(value, registries)].map(([kind, entry]): [string, unknown] => {
    const definition = lookUp(registries.sources, kind);
    return [kind, definition ? withDefaults(definition.config, sourceInput(definition, entry)) : entry];
  });
  const off = Object.entries(asMapping(value)).filter(([, entry]) => entry === false);
  return Object.fromEntries([...selected, ...off]);
}

/** The defaults that a schema would fill in, in the form in which people write them. */
export function withDefaults(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) {
    return withDefaults(schema.def.innerType, value ?? schema.def.defaultValue);
  }
  if (schema instanceof z.ZodOptional)
    return value === undefined ? value : withDefaults(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return withDefaults(schema.def.in, value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => withDefaults(schema.def.element, item));
  }
  if (schema instanceof z.ZodUnion) return withDefaults(formOf(schema.def.options, value), value);
  if (!(schema instanceof z.ZodObject) || !isMapping(value)) return value;
  const keys = [...new Set([...Object.keys(value), ...Object.keys(schema.shape)])];
  const entries = keys.map((key): [string, unknown] => [
    key,
    withDefaults(lookUp(schema.shape, key), value[key]),
  ]);
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
}

/** The form of a union that a valid value has. */
function formOf(options: readonly z.core.$ZodType[], value: unknown): unknown {
  return options.find((option) => z.safeParse(option, value).success);
}

function maskTexts(value: unknown, secrets: ReadonlySet<string>): unknown {
  return mapTexts(value, (text) => (secrets.has(text) ? MASK : text));
}

/** `https://user:password@host/` shows its password to nobody. */
function maskUserInfo(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return asMapping(
    mapTexts(values, (text) => text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${MASK}@`)),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapTexts(entry, change)]));
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

function pathOf(store: unknown): string | undefined {
  const path = asMapping(store)["path"];
  return typeof path === "string" ? path : undefined;
}
