import { z } from "zod";

/** RFC 1123 subdomain, as names of objects are. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

const objectName = z
  .string()
  .regex(NAME, { error: "expected the name of an object: lower case letters, digits, - and ." });

/** For `esddns operator` alone. */
export const kubernetesSection = z.strictObject({
  configMap: objectName
    .prefault("esddns-wan-ip")
    .meta({ description: "The ConfigMap in which the leader tells the address" }),
  lease: objectName
    .prefault("esddns-leader")
    .meta({ description: "The Lease that says who leads; another one for every release in a namespace" }),
  agents: objectName
    .prefault("esddns-agents")
    .meta({ description: "The ConfigMap in which every node says how it is" }),
  service: objectName
    .optional()
    .meta({ description: "The Service whose load balancer is watched and shown; absent: none" }),
});

export type KubernetesSettings = z.output<typeof kubernetesSection>;
