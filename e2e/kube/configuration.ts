import { esddns } from "../program.ts";
import type { Scratch } from "../scratch.ts";
import { named, type Rendered } from "./rendered.ts";

const SECRETS = "/var/run/secrets";
/** As `esddns password` prints it. */
const PASSWORD = "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs";

/** esddns.yaml of what was rendered. */
export function configurationOf(objects: readonly Rendered[]): string {
  const { data } = named(objects, "ConfigMap/esddns-config");
  if (typeof data === "object" && data !== null && "esddns.yaml" in data) return String(data["esddns.yaml"]);
  throw new Error("ConfigMap esddns-config has no esddns.yaml");
}

/** What `esddns config check` complains about, with files in the place of the Secrets. */
export async function complaints(scratch: Scratch, text: string): Promise<string> {
  const files = new Map([
    [`${SECRETS}/esddns/api-key`, scratch.write("api-key", "a-token-of-gandi-or-others")],
    [`${SECRETS}/esddns-dashboard/password`, scratch.write("password", PASSWORD)],
  ]);
  const here = [...files].reduce((all, [there, file]) => all.replaceAll(there, file), text);
  const { stdout, stderr } = await esddns([
    "--config",
    scratch.write("esddns.yaml", here),
    "config",
    "check",
  ]);
  return `${stdout}${stderr}`;
}
