import { ConfigError } from "#core/errors.ts";
import type { Secret } from "#core/secret.ts";
import type { TsigAlgorithm, TsigKey } from "#wire/dns/tsig-key.ts";

/** A key whose secret is opened anew for every signature, so that a rotated one is used at once. */
export interface KeySource {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Secret;
}

/** @throws {ConfigError} when the secret is not base64 */
export function openKey({ name, algorithm, secret }: KeySource): TsigKey {
  return { name, algorithm, secret: decodeBase64(secret.reveal(), name) };
}

function decodeBase64(text: string, name: string): Uint8Array {
  const base64 = text.replace(/\s+/g, "");
  if (base64.length > 0 && base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
  }
  const message = `Cannot use the secret of the TSIG key "${name}": it is not base64`;
  const hint = 'copy it as the server has it: what stands behind "secret", without the quotes';
  throw new ConfigError(message, [{ path: "key.secret", message, hint }], { code: "tsig-secret", hint });
}
