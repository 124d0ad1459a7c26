import { z } from "zod";
import { ConfigError } from "#core/errors.ts";
import { type DomainName, parseDomainName } from "#core/name.ts";

/** The name of a zone, as {@link parseDomainName} reads it. */
export const zoneName = z.string().transform((text, context): DomainName => {
  try {
    return parseDomainName(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.addIssue({ code: "custom", message: error.message, input: text });
    return z.NEVER;
  }
});
