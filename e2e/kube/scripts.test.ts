import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../child.ts";
import { missing, peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import { ROOT } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { parseRendered } from "./rendered.ts";
import { SCRIPTS, ShellScripts } from "./shell-script.ts";

const FOLDERS = ["k8s", "helm", "argocd"];
const DEPLOY = "k8s/deploy.sh";
const METALLB = "k8s/deploy-metallb.sh";
const INSTALL = "helm/quick-install.sh";
const SETUP = "argocd/bootstrap/argocd-setup.sh";
const RANGE = "192.168.1.100-192.168.1.110";

function shellFiles(): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sh"))
      .map((file) => path.join(folder, file)),
  );
}

/** @returns a PATH with everything of this host but kubectl and Helm */
function withoutKubernetes(scratch: Scratch): string {
  const folder = scratch.at("bin");
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync("/usr/bin").filter((name) => !["kubectl", "helm"].includes(name)))
    if (!existsSync(path.join(folder, name)))
      symlinkSync(path.join("/usr/bin", name), path.join(folder, name));
  return folder;
}

describe.skipIf(missing("shellcheck"))("shellcheck", () => {
  it.each(shellFiles())("finds nothing in %s", async (file) => {
    const { status, stdout } = await run([peerPath("shellcheck"), file], { cwd: ROOT });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});

describe.skipIf(noCluster())("scripts without a terminal and without a cluster", () => {
  const scratch = new Scratch();
  const scripts = new ShellScripts(scratch);
  afterAll(() => scratch[Symbol.dispose]());

  it.each(SCRIPTS)("%s tells how it is used", async (file) => {
    const { status, stdout } = await scripts.run(file, ["--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: ${path.basename(file)}`);
    for (const word of ["--dry-run", "--help", "--yes", "Exit codes:"]) expect(stdout).toContain(word);
  });

  it.each(SCRIPTS)("%s ends strictly: what is not known is refused", async (file) => {
    const { status, stderr, stdout } = await scripts.run(file, ["--nonsense"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Error: .*\n {2}\S/);
    expect(stdout).toBe("");
  });

  const record = { DOMAIN: "example.net" };
  it.each([
    [DEPLOY, [], {}, "Which environment?"],
    [DEPLOY, ["staging"], {}, '"staging" is not known'],
    [DEPLOY, ["production", "--ttl"], {}, "--ttl needs a value"],
    [DEPLOY, ["production", "--dry-run"], {}, "There is no DOMAIN"],
    [DEPLOY, ["production"], { DOMAIN: "-x" }, "is no domain name"],
    [DEPLOY, ["production"], { ...record, RECORD_NAME: "home.example.net" }, "stands before it: home\n"],
    [DEPLOY, ["production"], { ...record, RECORD_TTL: "5m" }, 'RECORD_TTL is "5m"'],
    [DEPLOY, ["production"], { ...record, RECORD_TYPES: "MX" }, 'RECORD_TYPES is "MX"'],
    [DEPLOY, ["production"], { ...record, PROVIDER: "rfc2136" }, "--config FILE"],
    [DEPLOY, ["production", "--component", "ha"], record, 'There is no component "ha"'],
    [DEPLOY, ["production"], { ...record, NAMESPACE: "Esddns" }, '"Esddns" is no name of a namespace'],
    [DEPLOY, ["production", "--config", "/nonexistent"], {}, 'Cannot read "/nonexistent"'],
    [DEPLOY, ["production", "--config", "/dev/null"], record, "so would DOMAIN (example.net)"],
    [DEPLOY, ["production", "--config", "/dev/null", "--ttl", "60"], {}, "so would RECORD_TTL (60)"],
    [DEPLOY, ["production", "--config", "/dev/null"], {}, "has no `health: 0.0.0.0:8080` below `service:`"],
    [DEPLOY, ["production", "--ttl", "60", "--dry-run"], {}, "There is no DOMAIN"],
    [DEPLOY, ["production"], { RECORD_NAME: "$(reboot)" }, "is no domain name"],
    [DEPLOY, ["production", "--api-key-file", "/nonexistent"], record, 'Cannot read "/nonexistent"'],
    [DEPLOY, ["production", "--service-annotation", "x"], record, "expected KEY=VALUE"],
    [DEPLOY, ["production", "--dashboard-host", "a b"], record, '"a b" is neither a name nor an address'],
    [DEPLOY, ["production", "--image", 'x"}]\nresources: ["y'], record, "is no image"],
    [DEPLOY, ["production", "--service-annotation", "a=b\n  - x"], record, "expected KEY=VALUE"],
    [METALLB, ["production"], record, "Which addresses?"],
    [METALLB, ["production", RANGE, "--nonsense", "x"], record, '"--nonsense" is not known'],
    [METALLB, ["production", RANGE, "--domain"], {}, "--domain needs a value"],
    [METALLB, ["production", RANGE, "--namespace", "x] }"], record, '"x] }" is no name of a namespace'],
    [METALLB, ["production", "$(reboot)"], record, "is no range of addresses"],
    [METALLB, ["production", RANGE, "--bgp"], record, 'MY_ASN is ""'],
    [INSTALL, ["--environment", "staging"], record, 'ENVIRONMENT is "staging"'],
    [INSTALL, ["--service-type", "ExternalName"], record, 'SERVICE_TYPE is "ExternalName"'],
    [INSTALL, ["--dashboard-host", "a,b}"], record, '"a,b}" is neither a name nor an address'],
    [INSTALL, [], { ...record, RECORD_NAME: "$(reboot)" }, "is no domain name"],
    [SETUP, ["both"], {}, "There is no DOMAIN"],
    [SETUP, ["dev", "--argocd-namespace", "x|;e reboot\n"], record, "is no name of a namespace"],
    [SETUP, ["dev"], { ...record, RECORD_NAME: "home.example.net" }, "stands before it: home\n"],
    [SETUP, ["both"], { ...record, RECORD_NAME: "home" }, "dev and prod cannot both"],
    ["helm/publish.sh", ["--registry", "ghcr.io/x"], {}, "expected oci://"],
    ["helm/publish.sh", ["--pages", "/nonexistent"], {}, "There is no folder"],
  ])("%s %j with %j: %s", async (file, words, env, complaint) => {
    const { status, stdout, stderr } = await scripts.run(file, words, { env });
    expect(stderr).toContain(complaint);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("leave a Secret as it is when there is nothing to put into it", async () => {
    const common = path.join(ROOT, "k8s/lib/common.sh");
    const program = `set -euo pipefail; . "${common}"; kubectl() { echo called >&2; }
      read_secret_file "${scratch.write("empty", "")}" | put_secret home esddns-dashboard password`;
    const { status, stderr } = await run(["bash", "--norc", "-c", program], { cwd: ROOT });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Error: ".*empty" is empty, expected a secret\n$/);
  });

  it("end at Ctrl-C with words that blame nothing", async () => {
    const program = `. "${path.join(ROOT, "k8s/lib/common.sh")}"; kill -INT $$; fail 4 "Not ready"`;
    const { status, stderr } = await run(["bash", "--norc", "-c", program], { cwd: ROOT });
    expect(stderr).toMatch(/^\nStopped\. .*\n$/);
    expect(status).toBe(130);
  });

  it.each([
    [{ PROVIDER: "cloudflare", GANDI_API_KEY: "g" }, "would stay as it is"],
    [{ PROVIDER: "cloudflare", CLOUDFLARE_API_TOKEN: "c" }, "would be written"],
    [{ CLOUDFLARE_API_TOKEN: "c" }, "would stay as it is"],
    [{ PROVIDER: "cloudflare", API_KEY: "a" }, "would be written"],
  ])("take a token of the provider that is chosen: with %j the Secret %s", async (env, what) => {
    const words = ["production", "--dry-run"];
    const { stderr } = await scripts.run(DEPLOY, words, { env: { ...record, ...env } });
    expect(stderr).toContain(`Secret esddns-provider: ${what}`);
  });

  it.each([
    ["health: 0.0.0.0:8080", 0],
    ["health: '[::]:8080'", 0],
    ["# health: 0.0.0.0:8080", 2],
    ["health: 127.0.0.1:8080", 2],
    ["health: 0.0.0.0:8081", 2],
  ])("deploys a configuration with `%s` only where a pod can be asked: %i", async (line, wanted) => {
    const file = scratch.write("own.yaml", `records: [{ name: a.example.net }]\nservice:\n  ${line}\n`);
    const { status } = await scripts.run(DEPLOY, ["production", "--dry-run", "--config", file]);
    expect(status).toBe(wanted);
  });

  it("refuses what cannot take effect in an overlay that has records of its own", async () => {
    cpSync(path.join(ROOT, "k8s"), scratch.at("clone", "k8s"), { recursive: true });
    const own = "providers: { main: { type: cloudflare } }\nrecords: [{ name: a.example.net }]\n";
    scratch.write("clone/k8s/overlays/production/esddns.yaml", `${own}service:\n  health: 0.0.0.0:8080\n`);
    const file = path.relative(ROOT, scratch.at("clone", DEPLOY));
    for (const [name, value] of Object.entries({ ...record, RECORD_TYPES: "A", PROVIDER: "gandi" })) {
      const { status, stderr } = await scripts.run(file, ["production"], { env: { [name]: value } });
      expect(stderr).toContain(`says what the records are, and so would ${name} (${value})`);
      expect(status).toBe(2);
    }
    const env = { PROVIDER: "cloudflare", GANDI_API_KEY: "g" };
    const { status, stdout, stderr } = await scripts.run(file, ["production", "--dry-run"], { env });
    expect(stdout).toContain("name: a.example.net");
    expect(stderr).toContain("Secret esddns-provider: would stay as it is");
    expect(status).toBe(0);
  });

  it("writes down with the manifests what they were made with", async () => {
    const words = ["--component", "monitoring", "--component", "node-port", "--image", "a.example:5000/b:1"];
    const more = ["c=1", String.raw`a.example/b="x\ y": #`, "c=d=e"].flatMap((one) => [
      "--service-annotation",
      one,
    ]);
    const { stdout } = await scripts.run(DEPLOY, ["production", "--dry-run", ...words, ...more], {
      env: { ...record, RECORD_NAME: "home", GANDI_API_KEY: "do-not-print-me" },
    });
    const daemonSet = parseRendered(stdout).find(({ kind }) => kind === "DaemonSet");
    expect(daemonSet?.metadata.annotations?.["esddns/deployed-with"]?.split("\n")).toEqual([
      "production",
      "--domain example.net",
      "--image a.example:5000/b:1",
      "--component monitoring",
      "--component node-port",
      String.raw`--service-annotation a.example/b="x\ y": #`,
      "--service-annotation c=d=e",
    ]);
  });

  it("takes of two ways to do the same the later one", async () => {
    const words = ["dashboard", "load-balancer", "monitoring", "service-monitor", "node-port"];
    const { status, stdout } = await scripts.run(
      DEPLOY,
      ["production", "--dry-run", ...words.flatMap((name) => ["--component", name])],
      { env: record },
    );
    expect(status).toBe(0);
    expect(stdout).toContain("type: NodePort");
    expect(stdout).not.toContain("kind: PodMonitor");
  });

  it("warns of a secret that would be for all to read", async () => {
    const plain =
      "providers: { main: { type: gandi } }\nservice: { health: 0.0.0.0:8080 }\nx:\n  token: abc\n";
    const file = scratch.write("plain.yaml", plain);
    const { stderr } = await scripts.run(DEPLOY, ["production", "--dry-run", "--config", file]);
    expect(stderr).toContain("has a secret in plain text");
    const referring = scratch.write("referring.yaml", plain.replace("abc", "{ file: /x }"));
    const other = await scripts.run(DEPLOY, ["production", "--dry-run", "--config", referring]);
    expect(other.stderr).not.toContain("Warning");
  });

  it.each([
    [DEPLOY, ["production"]],
    [METALLB, ["production", RANGE]],
    [INSTALL, []],
    [SETUP, ["dev"]],
  ])("%s says that the cluster cannot be reached", async (file, words) => {
    const { status, stderr } = await scripts.run(file, words, { env: record });
    expect(stderr).toContain("Error: Cannot reach the cluster: ");
    expect(stderr).toContain("kubectl config get-contexts");
    expect(status).toBe(3);
  });

  it.each([DEPLOY, METALLB, INSTALL, SETUP])("%s says what is not installed", async (file) => {
    const words =
      { [DEPLOY]: ["production"], [METALLB]: ["production", RANGE], [SETUP]: ["dev"] }[file] ?? [];
    const { status, stderr } = await scripts.run(file, words, {
      env: { ...record, PATH: withoutKubernetes(scratch) },
    });
    expect(stderr).toMatch(/Error: (?:kubectl|helm) is not installed\n {2}Install it: https:/);
    expect(status).toBe(3);
  });

  it.each([
    [DEPLOY, ["development"], ["Namespace", "DaemonSet"]],
    [METALLB, ["production", RANGE], ["IPAddressPool", "L2Advertisement", "DaemonSet"]],
    [INSTALL, [], ["DaemonSet"]],
    [SETUP, ["both"], ["AppProject", "Application"]],
  ])("%s %j --dry-run prints what it would apply, and nobody's secret", async (file, words, kinds) => {
    const env = { ...record, GANDI_API_KEY: "do-not-print-me" };
    const { status, stdout, stderr } = await scripts.run(file, [...words, "--dry-run"], { env });
    expect(status).toBe(0);
    expect(parseRendered(stdout).map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
    expect(`${stdout}${stderr}`).not.toContain(env.GANDI_API_KEY);
    expect(stderr).toContain("Nothing is changed");
  });
});
