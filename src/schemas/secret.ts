import { z } from "zod";
import type { SecretReference } from "#core/secret.ts";

/**
 * A secret as the configuration says it: `{ env: NAME }`, `{ file: PATH }`, or the text itself. The value is
 * opened later; what leaves the schema is only where it comes from.
 */
export const secretReference = z
  .union([
    z.strictObject({ env: z.string().min(1).meta({ description: "Name of an environment variable" }) }),
    z.strictObject({
      file: z.string().min(1).meta({ description: "Path of a file; read again when a call is refused" }),
    }),
    z.string().min(1),
  ])
  .transform((value): SecretReference => {
    if (typeof value === "string") return { kind: "plain", text: value };
    if ("env" in value) return { kind: "env", name: value.env };
    return { kind: "file", path: value.file };
  });
