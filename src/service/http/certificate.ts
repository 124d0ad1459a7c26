import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { ServiceSettings } from "#config/service-settings.ts";
import { ConfigError, describeError } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";

type Files = NonNullable<ServiceSettings["tls"]>;

interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: "TLSv1.2";
}

/** @throws {ConfigError} when the files cannot be read or do not belong together */
export function readCertificate({ certificateFile, keyFile }: Files): Certificate {
  try {
    const [cert, key] = [readFileSync(certificateFile, "utf8"), readFileSync(keyFile, "utf8")];
    const certificate = { cert, key, minVersion: "TLSv1.2" } as const;
    createSecureContext(certificate);
    return certificate;
  } catch (error) {
    // OpenSSL names what it tripped over, never the key itself
    const is = describeError(error);
    const message = `Cannot use the certificate "${certificateFile}" with the key "${keyFile}": ${is}`;
    const hint = "both are PEM files, and the key is the certificate's own";
    throw new ConfigError(message, [{ path: "service.tls", message, hint }], { code: "certificate", hint });
  }
}

/**
 * Takes a renewed certificate into use. A half-written or unfitting one is reported, and the old one stays.
 *
 * @param interval between looks, in milliseconds: links that are switched over are seen by looking alone
 * @returns ends it
 */
export function followCertificate(server: Server, files: Files, log: Log, interval: number): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readCertificate(files));
      log.info("The certificate was renewed", { file: files.certificateFile });
    } catch (error) {
      log.warn("The new certificate cannot be used; the old one stays", { error: describeError(error) });
    }
  };
  const paths = [files.certificateFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval, persistent: false }, renew);
  return () => {
    for (const path of paths) unwatchFile(path, renew);
  };
}
