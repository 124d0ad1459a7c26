import { z } from "zod";
import { components, list } from "#service/api/schemas/common.ts";
import { plan } from "#service/api/schemas/records.ts";

export const finding = z
  .strictObject({ result: z.enum(["ok", "problem", "warning"]), subject: z.string(), words: z.string() })
  .register(components, { id: "Finding", description: "One thing that the doctor looked at" });

export const findings = z.strictObject({ findings: list(finding) }).register(components, { id: "Findings" });

export const configuration = z
  .strictObject({
    file: z.string(),
    values: list(
      z.strictObject({
        path: z.string().meta({ description: "Dotted, e.g. schedule.interval" }),
        value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
        origin: z.string().meta({ description: "E.g. default, esddns.yaml:12, $ESDDNS_STORE" }),
      }),
    ).meta({ description: "In force; secrets are masked" }),
    notes: list(
      z.strictObject({
        severity: z.enum(["problem", "warning"]),
        words: z.string(),
        line: z.number().int().optional(),
      }),
    ).meta({ description: "Of the file as it is on the disk now" }),
  })
  .register(components, { id: "Configuration" });

/** The original's document; field names are its contract. */
export const raw = z
  .strictObject({
    wan_ip_state: z.strictObject({ usable: z.boolean(), IP: z.string().nullable() }),
    record_state: z.strictObject({
      in_sync: z.boolean(),
      record_data: z.strictObject({
        rrset_name: z.string(),
        rrset_type: z.string(),
        rrset_ttl: z.number().nullable(),
        rrset_values: list(z.string()),
        rrset_href: z.string().nullable(),
      }),
    }),
    poll_date: z.string().nullable(),
  })
  .register(components, { id: "Raw", description: "The first record in the form of the original's /raw" });

// In every document of a problem, and in no type. Others may come (RFC 9457 section 3.2)
z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: list(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: "Everything that is wrong with the request" }),
  plan: plan.optional().meta({ description: "Of `plan-changed`: the plan as it is now" }),
}).register(components, { id: "Problem", description: "RFC 9457" });
