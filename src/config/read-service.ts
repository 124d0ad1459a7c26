import { ConfigError } from "#core/errors.ts";
import { parsePasswordHash } from "#core/password-hash.ts";
import type { Secrets } from "#core/ports.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import { absolutePath, readBounded } from "#config/files.ts";
import type { Findings } from "#config/findings.ts";
import type { Path } from "#config/raw.ts";
import { secretRisk, type SecretsOptions } from "#config/secrets.ts";
import type { ServiceSection } from "#config/service-section.ts";
import {
  collides,
  formatListen,
  isExposed,
  isGuarded,
  type Listen,
  type ServiceSettings,
} from "#config/service-settings.ts";

/** Whether strangers may be let in without a password; absent: nothing is about to be served. */
export type OpenService = "allowed" | "refused";

export interface ServiceContext extends SecretsOptions {
  readonly secrets: Secrets;
  readonly openService?: OpenService | undefined;
  /** Where a `dns.ini` wants it, when the section does not say. */
  readonly original?: { readonly host: string; readonly port: number } | undefined;
}

const MIN_TOKEN = 20;
const MAX_PEM_BYTES = 1024 * 1024;

/** The settings that a checked section means; what is wrong with them goes to the findings. */
export function readService(
  section: ServiceSection | false,
  context: ServiceContext,
  findings: Findings,
): ServiceSettings | false {
  if (section === false) return false;
  const { folder } = context;
  const { tls, health } = section;
  const settings: ServiceSettings = {
    listen: absoluteListen(section.listen, folder),
    ...(health && { health: absoluteListen(health, folder) }),
    password: section.password && openPassword(section.password, context, findings),
    tokens: openTokens(section.tokens, context, findings),
    hosts: section.hosts,
    proxies: section.proxies,
    metrics: section.metrics,
    ...(tls
      ? {
          tls: {
            certificateFile: pemFile(tls.certificateFile, "certificateFile", context, findings),
            keyFile: pemFile(tls.keyFile, "keyFile", context, findings),
          },
        }
      : {}),
  };
  refuseCollision(settings, findings);
  return context.original
    ? likeTheOriginal(settings, context.original, context, findings)
    : checkStrangers(settings, section, context, findings);
}

function refuseCollision({ listen, health }: ServiceSettings, findings: Findings): void {
  if (!health || !collides(listen, health)) return;
  findings.problem(
    ["service", "health"],
    `Cannot use "health": the dashboard listens at "${formatListen(listen)}" already, expected another port`,
  );
}

/** Promises of old do not include a page that asks nobody who he is, in sight of all. */
function likeTheOriginal(
  settings: ServiceSettings,
  { host, port }: NonNullable<ServiceContext["original"]>,
  { openService }: ServiceContext,
  findings: Findings,
): ServiceSettings {
  const wanted: ServiceSettings = { ...settings, listen: { kind: "tcp", host, port } };
  if (!isExposed(wanted) || openService === "allowed") return wanted;
  if (openService === "refused")
    findings.warning(
      ["compat", "service", "host"],
      `The page is served at 127.0.0.1 alone and not at "${host}": everybody who reaches it could do everything`,
      "for other hosts, write it as YAML (`esddns config import`) with `service.password`, or start `esddns run --insecure-no-auth`",
    );
  return { ...settings, listen: { kind: "tcp", host: "127.0.0.1", port } };
}

function checkStrangers(
  settings: ServiceSettings,
  section: ServiceSection,
  { openService }: ServiceContext,
  findings: Findings,
): ServiceSettings {
  const hasAsked = section.password !== undefined || section.tokens.length > 0;
  if (openService !== "refused" || hasAsked || isGuarded(settings) || !isExposed(settings)) return settings;
  findings.problem(
    ["service", "listen"],
    'Cannot use "listen": everybody who reaches this address could do everything, expected a password or a token',
    "set `service.password` to what `esddns password` prints, or listen at 127.0.0.1",
  );
  return settings;
}

function openPassword(
  reference: SecretReference,
  context: ServiceContext,
  findings: Findings,
): Secret | undefined {
  const path = ["service", "password"];
  const secret = open(reference, path, context, findings);
  if (!secret || parsePasswordHash(secret.reveal())) return secret;
  findings.problem(
    path,
    'Cannot use "password": it is no hash of one, expected what `esddns password` prints',
  );
  return undefined;
}

function openTokens(
  tokens: ServiceSection["tokens"],
  context: ServiceContext,
  findings: Findings,
): ServiceSettings["tokens"] {
  const names = tokens.map(({ name }) => name);
  return tokens.flatMap(({ name, scopes, token: reference }, index) => {
    const path = ["service", "tokens", index];
    if (names.indexOf(name) < index)
      findings.problem([...path, "name"], `Cannot use the token "${name}": there are two of the name`);
    const token = open(reference, [...path, "token"], context, findings);
    if (!token) return [];
    warnOfRisk(reference, [...path, "token"], context, findings);
    if (token.reveal().length >= MIN_TOKEN) return [{ name, scopes, token }];
    const message = `Cannot use the token "${name}": it is shorter than ${MIN_TOKEN} characters`;
    findings.problem([...path, "token"], message, "`esddns password --token` prints a good one");
    return [];
  });
}

/** A hash may stand in the file; a token should not. */
function warnOfRisk(
  reference: SecretReference,
  path: Path,
  context: ServiceContext,
  findings: Findings,
): void {
  const risk = secretRisk(reference, context);
  if (risk)
    findings.warning(path, `The secret is not well kept: ${risk}`, "use { env: NAME } or { file: PATH }");
}

function open(
  reference: SecretReference,
  path: Path,
  { secrets }: ServiceContext,
  findings: Findings,
): Secret | undefined {
  try {
    return secrets.open(reference);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.problem(path, error.message, error.hint);
    return undefined;
  }
}

/** That the two belong together is seen when they are used. */
function pemFile(
  file: string,
  key: "certificateFile" | "keyFile",
  { folder }: ServiceContext,
  findings: Findings,
): string {
  const path = absolutePath(file, folder);
  const subject = `"${key}" from the file "${path}"`;
  try {
    const text = new TextDecoder().decode(readBounded(path, subject, MAX_PEM_BYTES));
    if (!text.includes("-----BEGIN "))
      findings.problem(["service", "tls", key], `Cannot read ${subject}: it is not in PEM form`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.problem(["service", "tls", key], error.message, error.hint);
  }
  return path;
}

function absoluteListen(listen: Listen, folder: string): Listen {
  return listen.kind === "unix" ? { ...listen, path: absolutePath(listen.path, folder) } : listen;
}
