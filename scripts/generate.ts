/**
 * Writes what follows from the definitions: the tables in the README, a page for each source and provider, the
 * configuration reference and its JSON Schema, the schema and the README of the chart, copies of the alerts.
 * `--check` writes nothing and fails when a file is not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "oxfmt";
import { registries } from "../src/app/registries.ts";
import { configurationSchema } from "../src/config/json-schema.ts";
import { chartFiles } from "./generate/chart/files.ts";
import { apiPages } from "./generate/openapi.ts";
import { configurationReference } from "./generate/configuration-reference.ts";
import { fillIn } from "./generate/fill-in.ts";
import { parseJsonSchema } from "./generate/json-schema-keys.ts";
import { notifierIntroduction, notifierPage, notifierTable } from "./generate/notifiers.ts";
import { metricsPage } from "./generate/metrics.ts";
import { providerPage, providerTable } from "./generate/providers.ts";
import { sourcePage, sourceTable } from "./generate/sources.ts";

const root = path.dirname(import.meta.dirname);
const isCheck = process.argv.includes("--check");
const schemaDocument = configurationSchema(registries);
const schema = parseJsonSchema(schemaDocument);
const providers = Object.values(registries.providers);
const sources = Object.values(registries.sources);
const notifiers = Object.values(registries.notifiers ?? {});

const api = await apiPages();

const files = new Map<string, string>([
  ["docs/api.md", api.markdown],
  ["docs/openapi.json", api.json],
  ["docs/configuration.schema.json", JSON.stringify(schemaDocument, null, 2)],
  ["docs/configuration.md", configurationReference(schema)],
  ["docs/metrics.md", metricsPage()],
  ["docs/providers/README.md", `# DNS providers\n\n${providerTable(providers)}`],
  ["docs/notifiers/README.md", `${notifierIntroduction()}\n${notifierTable(notifiers)}`],
  ["docs/sources/README.md", `# Sources of the address\n\n${sourceTable(sources)}`],
  ...providers.map(
    (provider) => [`docs/providers/${provider.id}.md`, providerPage(provider, schema)] as const,
  ),
  ...notifiers.map(
    (notifier) => [`docs/notifiers/${notifier.id}.md`, notifierPage(notifier, schema)] as const,
  ),
  ...sources.map((source) => [`docs/sources/${source.kind}.md`, sourcePage(source, schema)] as const),
  [
    "README.md",
    fillIn(readFileSync(path.join(root, "README.md"), "utf8"), {
      providers: providerTable(providers),
      sources: sourceTable(sources),
    }),
  ],
  ...chartFiles(root, schemaDocument),
]);

const stale: string[] = [];
for (const [name, content] of files) {
  const target = path.join(root, name);
  const { code } = await format(name, content, { printWidth: 110 });
  if (code === read(target)) continue;
  stale.push(name);
  if (isCheck) continue;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code);
}
if (isCheck && stale.length > 0) console.error(`Not up to date, run npm run gen: ${stale.join(", ")}`);
else console.log(`${files.size} generated files, ${stale.length} ${isCheck ? "stale" : "written"}`);
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
