import type { ConfigurableSourceKind } from "#core/witness.ts";
import { commandSource } from "#sources/command/command.ts";
import type { SourceDefinition } from "#sources/definition.ts";
import { fileSource } from "#sources/file/file.ts";
import { httpSource } from "#sources/http/http.ts";
import { interfaceSource } from "#sources/interface/interface.ts";
import { staticSource } from "#sources/static/static.ts";
import { stunSource } from "#sources/stun/stun.ts";
import { whoami } from "#sources/whoami/whoami.ts";

/** Every source, by its kind: one line each. */
export const sources = {
  stun: stunSource,
  http: httpSource,
  whoami,
  interface: interfaceSource,
  static: staticSource,
  command: commandSource,
  file: fileSource,
} as const satisfies Record<ConfigurableSourceKind, SourceDefinition>;
