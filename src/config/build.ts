import type { ConsensusRule } from "#core/consensus.ts";
import { ConfigError } from "#core/errors.ts";
import type { z } from "zod";
import type {
  Compatibility,
  Configuration,
  ConfiguredProvider,
  ConfiguredSource,
} from "#config/configuration.ts";
import { absolutePath, readBounded } from "#config/files.ts";
import type { Findings } from "#config/findings.ts";
import type { Environment } from "#config/location.ts";
import { parseAt } from "#config/parse.ts";
import { withNodeNames } from "#config/node-name.ts";
import { isMapping, type RawConfiguration } from "#config/raw.ts";
import { openSecrets } from "#config/open-secrets.ts";
import { readProviders } from "#config/read-providers.ts";
import { readRecords } from "#config/read-records.ts";
import { readNotify } from "#config/read-notify.ts";
import { type OpenService, readService } from "#config/read-service.ts";
import { countOperators, readSources, selectedSources } from "#config/read-sources.ts";
import type { Registries } from "#config/registries.ts";
import { SECTIONS, TOP_LEVEL_KEYS } from "#config/schema.ts";
import { createSecrets } from "#config/secrets.ts";
import { storePath } from "#config/store-path.ts";
import { didYouMean } from "#config/suggest.ts";

export interface BuildContext {
  readonly registries: Registries;
  readonly env: Environment;
  /** The folder that relative paths in the file start from. */
  readonly folder: string;
  readonly openService?: OpenService | undefined;
}

type Sections = { [Key in keyof typeof SECTIONS]: z.output<(typeof SECTIONS)[Key]> | undefined };

/** A PEM bundle of every authority that browsers trust has some 250 kB. */
const MAX_CA_BYTES = 4 * 1024 * 1024;

/** Validates all of it; what is wrong goes to the findings, and then there is no configuration. */
export function buildConfiguration(
  raw: RawConfiguration,
  context: BuildContext,
  findings: Findings,
): Configuration | undefined {
  const value = isMapping(raw.value) ? raw.value : undefined;
  if (!value) {
    const is = raw.value === undefined || raw.value === null ? "it is empty" : "it has no keys";
    findings.problem([], `Cannot use the configuration: ${is}, expected at least "providers" and "records"`);
    return undefined;
  }
  reportUnknownKeys(value, findings);
  const providers = readProviders(value["providers"], context.registries, findings);
  const sources = readSources(value["sources"], context.registries, findings);
  const sections = readSections(value, findings);
  const { entries, isPerNode } = withNodeNames(value["records"], context.env, findings);
  const records = readRecords(entries, providers, findings);
  const notify = readNotify(value["notify"], context.registries, findings);
  checkQuorum(value["sources"], sections.consensus, context.registries, findings);
  checkCaFile(sections.tls?.caFile, context.folder, findings);
  const secrets = createSecrets(context);
  const usable = [...providers].filter(
    (entry): entry is [string, ConfiguredProvider] => entry[1] !== undefined,
  );
  const accounts = usable.map(([, provider]) => provider);
  openSecrets({ key: "providers", value: value["providers"], entries: accounts }, secrets, context, findings);
  openSecrets({ key: "notify", value: value["notify"], entries: notify }, secrets, context, findings);

  const { consensus, schedule, verify, store, log, tls, compat, kubernetes } = sections;
  const original = value["service"] === undefined ? compat?.service : undefined;
  const service =
    sections.service && readService(sections.service, { ...context, secrets, original }, findings);
  if (findings.count > 0 || !consensus || !schedule || !log || !tls || !kubernetes) return undefined;
  if (verify === undefined || store === undefined || service === undefined) return undefined;
  return Object.freeze({
    file: raw.file,
    records: Object.freeze(records),
    isPerNode,
    providers: new Map(usable.map(([name, provider]) => [name, Object.freeze(provider)])),
    sources: Object.freeze<readonly ConfiguredSource[]>(sources),
    consensus: Object.freeze({
      rule: ruleOf(consensus),
      deadline: consensus.deadline,
      allowRanges: consensus.allowRanges,
    }),
    schedule: Object.freeze(schedule),
    verify: verify && Object.freeze(verify),
    store: store && Object.freeze({ path: storePath(store.path, context).path }),
    log: Object.freeze(log),
    tls: Object.freeze(tls.caFile === undefined ? {} : { caFile: absolutePath(tls.caFile, context.folder) }),
    service: service && Object.freeze(service),
    notify: Object.freeze(notify),
    kubernetes: Object.freeze(kubernetes),
    compat: Object.freeze(compatibility(compat, context.folder)),
    secrets,
    warnings: findings.warnings,
  });
}

function ruleOf({ rule, quorum }: NonNullable<Sections["consensus"]>): ConsensusRule {
  return rule === "quorum" ? { kind: "quorum", quorum } : { kind: "unanimous" };
}

function compatibility(compat: Sections["compat"], folder: string): Compatibility {
  if (!compat) return { kind: "native" };
  const { logFile, ...rest } = compat;
  return {
    kind: "dns.ini",
    ...rest,
    ...(logFile === undefined ? {} : { logFile: absolutePath(logFile, folder) }),
  };
}

function readSections(value: Readonly<Record<string, unknown>>, findings: Findings): Sections {
  return {
    consensus: parseAt(SECTIONS.consensus, value["consensus"], ["consensus"], findings),
    schedule: parseAt(SECTIONS.schedule, value["schedule"], ["schedule"], findings),
    verify: parseAt(SECTIONS.verify, value["verify"], ["verify"], findings),
    store: parseAt(SECTIONS.store, value["store"], ["store"], findings),
    log: parseAt(SECTIONS.log, value["log"], ["log"], findings),
    tls: parseAt(SECTIONS.tls, value["tls"], ["tls"], findings),
    service: parseAt(SECTIONS.service, value["service"], ["service"], findings),
    kubernetes: parseAt(SECTIONS.kubernetes, value["kubernetes"], ["kubernetes"], findings),
    compat: parseAt(SECTIONS.compat, value["compat"], ["compat"], findings),
  };
}

function reportUnknownKeys(value: Readonly<Record<string, unknown>>, findings: Findings): void {
  for (const key of Object.keys(value)) {
    if (TOP_LEVEL_KEYS.includes(key)) continue;
    const hint = didYouMean(key, TOP_LEVEL_KEYS) ?? `the keys are ${TOP_LEVEL_KEYS.join(", ")}`;
    findings.problem([key], `Cannot use the key "${key}": there is no such key`, hint);
  }
}

function checkQuorum(
  value: unknown,
  consensus: Sections["consensus"],
  registries: Registries,
  findings: Findings,
): void {
  if (consensus?.rule !== "quorum") return;
  const operators = countOperators(selectedSources(value, registries));
  if (operators === undefined || operators === 0 || operators >= consensus.quorum) return;
  findings.problem(
    ["consensus", "quorum"],
    `Cannot reach a quorum of ${consensus.quorum}: the sources have ${operators} ${operators === 1 ? "operator" : "operators"}, expected at least ${consensus.quorum}`,
    `add servers of other operators, or set \`quorum: ${operators}\``,
  );
}

function checkCaFile(caFile: string | undefined, folder: string, findings: Findings): void {
  if (caFile === undefined) return;
  const path = absolutePath(caFile, folder);
  const subject = `the certificate authorities in "${path}"`;
  try {
    const text = new TextDecoder().decode(readBounded(path, subject, MAX_CA_BYTES));
    if (text.includes("-----BEGIN CERTIFICATE-----")) return;
    findings.problem(
      ["tls", "caFile"],
      `Cannot read ${subject}: there is none, expected certificates in PEM form`,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.problem(["tls", "caFile"], error.message, error.hint);
  }
}
