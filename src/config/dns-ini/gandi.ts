import type { Draft } from "#config/dns-ini/draft.ts";
import type { IniEntry, IniFile, IniSection } from "#config/dns-ini/ini.ts";
import { looksLikeVariable, namedValue, type NamedValue, unquote } from "#config/dns-ini/values.ts";

const PROVIDER = "gandi";

/** `[gandi]`: the account and the one record. */
export function readGandi(ini: IniFile, draft: Draft): void {
  const section = ini.sections.get("gandi");
  if (!section) {
    draft.problem(
      undefined,
      "Cannot use the file: it has no section [gandi], expected the account and the record in it",
    );
    return;
  }
  draft.set(["providers", PROVIDER], {}, section);
  draft.set(["providers", PROVIDER, "type"], "gandi", section);
  readToken(section, draft);
  const base = section.entries.get("api_url_base");
  if (base) draft.set(["providers", PROVIDER, "endpoint"], unquote(base.value), base);
  readRecord(section, draft);
}

/** Never opened here: the key stays what it is, the name of a variable. */
function readToken(section: IniSection, draft: Draft): void {
  const entry = required(section, "api_key", draft);
  if (!entry) return;
  const text = unquote(entry.value);
  const isVariable = Object.hasOwn(draft.env, text) || looksLikeVariable(text);
  draft.set(["providers", PROVIDER, "token"], isVariable ? { env: text } : text, entry);
  const scheme = section.entries.get("auth_scheme");
  // The original sends every key as "Apikey", and who has such a file has such a key
  draft.set(
    ["providers", PROVIDER, "scheme"],
    scheme ? unquote(scheme.value).toLowerCase() : "apikey",
    scheme ?? entry,
  );
}

function readRecord(section: IniSection, draft: Draft): void {
  const domain = read(required(section, "target_domain_fqdn", draft), draft);
  const label = read(required(section, "record_name_root", draft), draft, ["@"]);
  const type = read(section.entries.get("record_type_a"), draft, ["A", "AAAA"]);
  const ttl = read(section.entries.get("record_ttl"), draft);
  const record: Record<string, unknown> = {
    name: domain && label ? fullName(label.value.text, domain.value.text) : "",
    types: [type?.value.text.toUpperCase() ?? "A"],
    provider: PROVIDER,
    ...(ttl ? { ttl: readTtl(ttl, draft) } : {}),
  };
  draft.set(["records"], [record], section);
  draft.locate(["records", 0], section);
  const origins = { name: label, types: type, ttl };
  for (const [key, origin] of Object.entries(origins)) {
    if (!origin) continue;
    const { entry, value } = origin;
    draft.locate(["records", 0, key], entry, value.kind === "env" ? value.name : undefined);
  }
}

interface Found {
  readonly entry: IniEntry;
  readonly value: NamedValue;
}

function read(entry: IniEntry | undefined, draft: Draft, plain?: readonly string[]): Found | undefined {
  const value = entry && namedValue(entry, draft, plain);
  return entry && value && { entry, value };
}

function required(section: IniSection, key: string, draft: Draft): IniEntry | undefined {
  const entry = section.entries.get(key);
  if (!entry) draft.problem(section, `Cannot use [${section.name}]: "${key}" is missing`);
  return entry;
}

/** `@` is the domain itself; a name that already ends in the domain is taken as it is. */
function fullName(label: string, domain: string): string {
  const zone = domain.replace(/\.$/, "");
  const name = label.replace(/\.$/, "");
  const isFull =
    name.toLowerCase() === zone.toLowerCase() || name.toLowerCase().endsWith(`.${zone.toLowerCase()}`);
  return name === "@" ? zone : isFull ? name : `${name}.${zone}`;
}

function readTtl({ entry, value: { text } }: Found, draft: Draft): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  draft.problem(entry, `Cannot read "${entry.key}": it is "${text}", expected a number of seconds`);
  return undefined;
}
