import { z } from "zod";

/** Of any provider: what no API but a few tells, so the user does. */
export const tokenExpirySchema = z.iso
  .date({ error: "expected a day such as 2027-03-01" })
  .transform((day) => new Date(`${day}T00:00:00Z`))
  .optional()
  .meta({ description: "The day on which the token ends, e.g. 2027-03-01; there is a warning before it" });

/** The key that every provider has, and those of its own. */
export function splitExpiry(entry: Readonly<Record<string, unknown>>): {
  readonly tokenExpires: unknown;
  readonly own: Readonly<Record<string, unknown>>;
} {
  const { tokenExpires, ...own } = entry;
  return { tokenExpires, own };
}
