import { isAbsolute, join } from "node:path";
import { ConfigError } from "#core/errors.ts";
import type { Secrets } from "#core/ports.ts";
import { Secret, type SecretReference } from "#core/secret.ts";
import { modeOf, readBounded } from "#config/files.ts";
import type { Environment } from "#config/location.ts";

/** More than any key or token, less than what a wrong path may lead to. */
const MAX_BYTES = 64 * 1024;

export interface SecretsOptions {
  readonly env: Environment;
  /** Where relative paths start that are no systemd credential: the folder of the configuration. */
  readonly folder: string;
}

/**
 * Secrets of the environment and of files. A variable `NAME` that is not set may be given as a file by
 * `NAME_FILE`; a relative path is looked up among systemd's credentials first. One reference is one
 * {@link Secret}, however often it is opened, so that a refresh reaches everybody who holds it.
 */
export function createSecrets(options: SecretsOptions): Secrets {
  const opened = new Map<string, Secret>();
  return {
    open(reference) {
      const key = JSON.stringify(reference);
      const secret = opened.get(key) ?? new Secret(() => readSecret(reference, options));
      opened.set(key, secret);
      return secret;
    },
  };
}

/** What is unwise about where a secret is kept, or `undefined`. */
export function secretRisk(reference: SecretReference, options: SecretsOptions): string | undefined {
  if (reference.kind === "env") return undefined;
  if (reference.kind === "plain") return "it stands in the configuration as plain text";
  const path = secretPath(reference.path, options);
  return ((modeOf(path) ?? 0) & 0o004) === 0 ? undefined : `everybody on this machine may read "${path}"`;
}

function readSecret(reference: SecretReference, options: SecretsOptions): string {
  switch (reference.kind) {
    case "plain":
      return checkSecret(reference.text, "the configuration");
    case "env":
      return readVariable(reference.name, options);
    case "file":
      return readSecretFile(reference.path, options);
  }
}

function readVariable(name: string, options: SecretsOptions): string {
  const value = variable(options.env, name);
  const file = variable(options.env, `${name}_FILE`);
  if (value === undefined && file !== undefined) return readSecretFile(file, options);
  if (value === undefined) {
    throw secretError(
      `the environment variable "${name}": it is not set`,
      `set ${name}, or ${name}_FILE to a path`,
    );
  }
  return checkSecret(value, `the environment variable "${name}"`);
}

function readSecretFile(path: string, options: SecretsOptions): string {
  const place = secretPath(path, options);
  const bytes = readBounded(place, `a secret from the file "${place}"`, MAX_BYTES);
  return checkSecret(new TextDecoder().decode(bytes).replace(/[\r\n]+$/, ""), `the file "${place}"`);
}

/** systemd keeps the credentials of a unit in a folder of their own (systemd.exec(5), LoadCredential). */
function secretPath(path: string, { env, folder }: SecretsOptions): string {
  if (isAbsolute(path)) return path;
  const credentials = variable(env, "CREDENTIALS_DIRECTORY");
  const credential = credentials === undefined ? undefined : join(credentials, path);
  return credential !== undefined && modeOf(credential) !== undefined ? credential : join(folder, path);
}

/** Control characters would end or forge a header line; they are always an accident. */
function checkSecret(value: string, subject: string): string {
  if (value === "") throw secretError(`${subject}: it is empty`);
  if (/\p{Cc}/u.test(value))
    throw secretError(`${subject}: it has a line break or another control character`);
  return value;
}

function variable(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function secretError(what: string, hint?: string): ConfigError {
  const message = `Cannot read a secret from ${what}`;
  return new ConfigError(message, [{ path: "", message, hint }], { code: "secret", hint });
}
