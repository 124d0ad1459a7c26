import { z } from "zod";

export const DEFAULT_PORT = 51_339;

/** The section `service` of the configuration; its settings come from `read-service.ts`. */
export const serviceSection = z
  .union([
    z.literal(false),
    z.strictObject({
      listen: z
        .string()
        .min(1)
        .prefault(`127.0.0.1:${DEFAULT_PORT}`)
        .meta({ description: "Address and port to listen at" }),
    }),
  ])
  .meta({ description: "The daemon's dashboard, API and metrics; false switches them off" });
