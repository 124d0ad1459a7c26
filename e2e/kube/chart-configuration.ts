import path from "node:path";
import { esddns } from "../program.ts";
import type { Scratch } from "../scratch.ts";
import { named, type Rendered } from "./rendered.ts";

/** As `esddns password` prints it. */
const PASSWORD = "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs";
const PEM = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/** What the files of Secrets hold, by their name; any other is a token. */
const CONTENTS: Readonly<Record<string, string>> = {
  password: PASSWORD,
  "tls.crt": PEM,
  "tls.key": PEM,
  "ca.crt": PEM,
  secret: "c2VjcmV0IG9mIGEgdGVzdA==",
  topic: "a-topic-of-a-test",
};
const TOKEN = "a-token-that-is-long-enough";
const ENVIRONMENT = { NODE_NAME: "node-1", SLACK_URL: "https://hooks.slack.com/services/T0/B0/x" };

/** esddns.yaml, whatever the release is called. */
export function chartConfiguration(objects: readonly Rendered[], prefix = "esddns"): string {
  const { data } = named(objects, `ConfigMap/${prefix}-config`);
  if (typeof data === "object" && data !== null && "esddns.yaml" in data) return String(data["esddns.yaml"]);
  throw new Error(`ConfigMap ${prefix}-config has no esddns.yaml`);
}

/** What `esddns config check` says, with files in the place of everything that is mounted. */
export async function checkConfiguration(scratch: Scratch, text: string): Promise<string> {
  const here = text.replaceAll(/(?<=[fF]ile: )\/\S+/g, (there) => {
    const name = there.slice(1).replaceAll("/", "-");
    return scratch.write(name, CONTENTS[path.basename(there)] ?? TOKEN);
  });
  const file = scratch.write("esddns.yaml", here);
  const { stdout, stderr } = await esddns(["--config", file, "config", "check"], { env: ENVIRONMENT });
  return `${stdout}${stderr}`;
}
