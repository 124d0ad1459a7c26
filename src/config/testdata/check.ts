import type { ConfigProblem } from "#core/errors.ts";
import { type CheckedConfiguration, checkConfiguration } from "#config/load.ts";
import type { Environment } from "#config/location.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";

export interface CheckOptions {
  /** Name of the file; its ending says what it is. */
  readonly name?: string;
  readonly env?: Environment;
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads a text as a file of its own, with the stand-ins as plug-ins. */
export function check(text: string | Uint8Array, options: CheckOptions = {}): Promise<CheckedConfiguration> {
  const { name = "esddns.yaml", env = { TOKEN: "s3cret-token" }, files = {} } = options;
  const cwd = temporaryFolder({ ...files, [name]: text });
  return checkConfiguration({ file: name, cwd, env, registries: standIns });
}

/** `line:column path: message (hint)`, for tables. */
export function lines(problems: readonly ConfigProblem[]): readonly string[] {
  return problems.map(({ line, column, path, message, hint }) => {
    const place = `${line ?? "?"}:${column ?? "?"}`;
    return `${place} ${path}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
  });
}
