import { cpSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { buildImage } from "../../scripts/image/build.ts";
import { cannotBuild } from "../image/requirements.ts";
import { buildHome, type Home, noHome } from "../netlab/home.ts";
import { udp } from "../netlab/settings.ts";
import { Scratch } from "../scratch.ts";
import { K8S } from "./kustomize.ts";
import { Nodes } from "./nodes.ts";
import { kubeProgram, noNodes } from "./programs.ts";

const PASSWORD = "correct horse battery staple";
/** Of the nodes' LAN; the first address of {@link RANGE} is the dashboard's. */
const RANGE = "192.168.77.230-192.168.77.239";
/** The project's own; its images were built here and are loaded under the names that it has. */
const MANIFEST = kubeProgram("metallb/metallb-native.yaml");
const DASHBOARD = "http://192.168.77.230";

describe.skipIf(noNodes() || noHome() || cannotBuild())("the scripts on nodes behind a router", () => {
  const scratch = new Scratch();
  let home: Home;
  let nodes: Nodes;
  beforeAll(async () => {
    home = buildHome();
    nodes = await Nodes.start({ count: 2, home });
    const { archive } = await buildImage();
    await nodes.loadImage(archive);
    for (const program of ["controller", "speaker"])
      await nodes.loadImage(kubeProgram(`metallb/${program}.tar`));
    cpSync(K8S, scratch.at("k8s"), { recursive: true });
    for (const overlay of ["production", "development"])
      scratch.write(`k8s/overlays/${overlay}/esddns.yaml`, configuration(home, overlay));
  }, 600_000);
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await nodes[Symbol.asyncDispose]();
    home.down();
  });

  const script = async (name: string, words: readonly string[], env: readonly string[] = []) => {
    const { status, stderr } = await nodes.run([
      "env",
      "API_KEY=unused",
      ...env,
      scratch.at("k8s", name),
      ...words,
    ]);
    expect(status, stderr).toBe(0);
    return stderr;
  };
  const pods = () => nodes.field("{.items[*].metadata.uid}", "pods", "-n", "esddns");
  const onLan = async (command: string) => {
    const { status, stdout, stderr } = await nodes.on("lan", ["bash", "-euc", command]);
    expect(status, stderr).toBe(0);
    return stdout;
  };

  it("deploys MetalLB and all by one command, hashes the password in a pod, and tells the address", async () => {
    const said = await script(
      "deploy-metallb.sh",
      ["production", RANGE, "--metallb-manifest", MANIFEST, "--timeout", "120s"],
      [`DASHBOARD_PASSWORD=${PASSWORD}`],
    );
    expect(said).toContain(`Applying ${MANIFEST}`);
    expect(said).toContain(`Address:   ${home.wan}`);
    expect(said).toMatch(/^Leader: {4}node-[12]$/m);
    expect(said).toContain(`Dashboard: ${DASHBOARD}/`);
  });

  it("lets people of the LAN sign in, who come back to the pod that knows them", async () => {
    const jar = scratch.at("cookies");
    const form = await onLan(`curl -sS -c ${jar} ${DASHBOARD}/sign-in`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? "";
    const fields = `--data-urlencode password='${PASSWORD}' --data-urlencode csrf=${csrf}`;
    await onLan(`curl -sS -b ${jar} -c ${jar} -H 'Origin: ${DASHBOARD}' ${fields} ${DASHBOARD}/sign-in`);
    for (let visit = 0; visit < 6; visit += 1)
      expect(await onLan(`curl -sS -b ${jar} ${DASHBOARD}/api/v1/summary`)).toContain(home.wan);
    expect(await onLan(`curl -sS ${DASHBOARD}/api/v1/summary`)).toContain('"status":401');
  });

  it("changes no pod when it runs again", async () => {
    const before = await pods();
    await script("deploy-metallb.sh", ["production", RANGE]);
    expect(await pods()).toBe(before);
  });

  it("deploys development beside it", async () => {
    const said = await script("deploy.sh", ["development", "--timeout", "120s"]);
    expect(said).toContain(`Address:   ${home.wan}`);
    expect(await nodes.field("{.status.numberReady}", "daemonset/esddns-operator", "-n", "esddns-dev")).toBe(
      "2",
    );
  });

  it("goes as it came", async () => {
    for (const overlay of ["production", "development"])
      await nodes.kubectl(
        "delete",
        "--ignore-not-found",
        "--wait",
        "-k",
        scratch.at("k8s", "overlays", overlay),
      );
    const namespaces = await nodes.field("{.items[*].metadata.name}", "namespaces");
    expect(namespaces).not.toContain("esddns");
  });
});

/** Records of one's own in an overlay: a provider in memory, and the home's witnesses. */
function configuration(home: Home, overlay: string): string {
  const own = {
    providers: { main: { type: "memory", zones: ["example.org"] } },
    records: [{ name: `${overlay}-1.example.org` }],
    sources: {
      stun: { servers: [1, 2, 3, 4, 5].map((number) => udp(home, number)) },
      http: false,
      whoami: false,
      interface: false,
    },
    store: false,
  };
  return `${stringify(own)}service:\n  listen: 127.0.0.1:51339\n  health: 0.0.0.0:8080\n`;
}
