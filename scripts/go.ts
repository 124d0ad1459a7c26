/** Go builds the Kubernetes that tests run against; no Debian package is new enough. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const GO_MOD = path.join(path.dirname(import.meta.dirname), "e2e/kube/tools/gomod/kubernetes/go.mod");
/** Where its archive is usually unpacked. */
const USUAL = "/usr/local/go/bin";

/** PATH with Go in it, if it is anywhere. */
export const PATH_WITH_GO: string = [process.env["PATH"] ?? "", USUAL].join(path.delimiter);

/** Why Kubernetes cannot be built here, or `undefined` when Go is there and new enough. */
export function missingGo(): string | undefined {
  const wanted = /^go (\d+\.\d+)/m.exec(readFileSync(GO_MOD, "utf8"))?.[1] ?? "";
  const { stdout } = spawnSync("go", ["version"], {
    env: { ...process.env, PATH: PATH_WITH_GO },
    encoding: "utf8",
  });
  const found = /go(\d+\.\d+)/.exec(stdout ?? "")?.[1];
  if (found !== undefined && isAtLeast(found, wanted)) return undefined;
  const is = found === undefined ? "it is not installed" : `it is ${found}`;
  return `Go ${wanted} or newer (${is}${existsSync(USUAL) ? "" : "; https://go.dev/dl/ unpacks into /usr/local/go"})`;
}

function isAtLeast(found: string, wanted: string): boolean {
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
