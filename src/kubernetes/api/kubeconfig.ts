import { dirname, resolve } from "node:path";
import { ConfigError } from "#core/errors.ts";
import type { Files } from "#core/ports.ts";
import type { ApiAccess } from "#kubernetes/api/access.ts";
import type { TextSource } from "#kubernetes/api/fresh-text.ts";
import { type Fields, isFields } from "#kubernetes/api/object.ts";

/**
 * The current context of a kubeconfig: server, authorities, and a token or a client certificate. Other ways to
 * authenticate (exec plug-ins, auth providers, passwords) are refused, and so is a server whose certificate is not to
 * be checked.
 *
 * @throws {ConfigError} (rejects)
 */
export async function readKubeconfig(path: string, files: Files): Promise<ApiAccess> {
  const bytes = await files.read(path);
  if (!bytes) throw problem(path, "there is no such file", "a kubeconfig");
  const config = await parse(path, new TextDecoder().decode(bytes));
  const context = named(path, config, "contexts", "context", config["current-context"]);
  const cluster = named(path, config, "clusters", "cluster", context["cluster"]);
  const user = named(path, config, "users", "user", context["user"]);
  if (cluster["insecure-skip-tls-verify"] === true) {
    throw problem(
      path,
      "insecure-skip-tls-verify is set",
      "certificate-authority or certificate-authority-data",
    );
  }
  const unknown = ["exec", "auth-provider", "username"].find((way) => way in user);
  if (unknown !== undefined)
    throw problem(path, `the user has ${unknown}`, "a token or a client certificate");
  const folder = dirname(path);
  return {
    server: serverOf(path, cluster["server"]),
    authorities: data(cluster, "certificate-authority", folder),
    token: tokenOf(user, folder),
    certificate: certificateOf(user, folder),
    namespace: text(context["namespace"]) ?? "default",
  };
}

/** Loaded here alone: in a cluster there is no kubeconfig. */
async function parse(path: string, source: string): Promise<Fields> {
  const { parse } = await import("yaml");
  try {
    const value: unknown = parse(source);
    if (isFields(value)) return value;
  } catch {
    // The parser's message would show a part of the file, which holds keys
  }
  throw problem(path, "it is not YAML with keys and values", "a kubeconfig");
}

function named(path: string, config: Fields, list: string, key: string, name: unknown): Fields {
  const entries: unknown = config[list];
  const entry: unknown = Array.isArray(entries)
    ? entries.find((one: unknown) => isFields(one) && one["name"] === name)
    : undefined;
  if (isFields(entry) && isFields(entry[key])) return entry[key];
  throw problem(path, `no entry of ${list} is called ${JSON.stringify(name)}`, "the one that is referred to");
}

function serverOf(path: string, server: unknown): URL {
  const url = typeof server === "string" ? URL.parse(server) : null;
  if (url?.protocol === "https:") return url;
  throw problem(path, `the server is ${JSON.stringify(server)}`, "a URL that begins with https://");
}

/** A file wins over what is written down, as in client-go: it is the one that is renewed. */
function tokenOf(user: Fields, folder: string): TextSource | undefined {
  const [file, token] = [text(user["tokenFile"]), text(user["token"])];
  if (file !== undefined) return { kind: "file", path: resolve(folder, file) };
  return token === undefined ? undefined : { kind: "text", text: token };
}

function certificateOf(user: Fields, folder: string): ApiAccess["certificate"] {
  const chain = data(user, "client-certificate", folder);
  const key = data(user, "client-key", folder);
  return chain && key ? { chain, key } : undefined;
}

/** A path, or the thing itself in base64 under the name with `-data`, which wins. */
function data(fields: Fields, name: string, folder: string): TextSource | undefined {
  const [encoded, path] = [text(fields[`${name}-data`]), text(fields[name])];
  if (encoded !== undefined) return { kind: "text", text: Buffer.from(encoded, "base64").toString("utf8") };
  return path === undefined ? undefined : { kind: "file", path: resolve(folder, path) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function problem(file: string, is: string, expected: string): ConfigError {
  const message = `Cannot use the kubeconfig "${file}": ${is}, expected ${expected}`;
  return new ConfigError(message, [{ path: "", message, file }]);
}
