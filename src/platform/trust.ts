import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { ConfigError } from "#core/errors.ts";

/** The authorities that certificates are checked against. */
export type Trust = () => SecureContext | undefined;

/**
 * Node's own authorities and those of a file in PEM. The file is read at once, the rest happens with the first
 * connection: reading hundreds of certificates takes 15 ms. All connections share one context: each one of its own
 * takes time, and memory that is not counted when it is decided whether to collect garbage.
 *
 * @throws {ConfigError} when the file cannot be read or holds no certificate
 */
export function createTrust(caFile: string | undefined): Trust {
  const pem = caFile === undefined ? undefined : readAuthorities(caFile);
  let context: SecureContext | undefined;
  return () => {
    const tls = process.getBuiltinModule("node:tls");
    context ??= tls.createSecureContext(pem ? { ca: [...tls.getCACertificates("default"), pem] } : {});
    return context;
  };
}

function readAuthorities(file: string): string {
  try {
    const pem = readFileSync(file, "utf8");
    const { X509Certificate } = process.getBuiltinModule("node:crypto");
    void new X509Certificate(pem);
    return pem;
  } catch (cause) {
    const message = `Cannot use the authorities in "${file}": it is not readable as certificates, expected PEM`;
    throw new ConfigError(message, [{ path: "", message, file }], { cause });
  }
}
