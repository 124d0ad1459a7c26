import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHITECTURES } from "../../scripts/image/architecture.ts";
import { readElf } from "../../scripts/image/elf.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import { Unpacked } from "./unpacked.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

/** All that can be executed: there is nothing else, no shell, no package manager, no tool of anybody's. */
const PROGRAMS = ["/usr/bin/node", "/usr/lib/esddns/esddns.js"];

describe.skipIf(cannotBuild()).for(["amd64", "arm64"] as const)("the image for %s", (architecture) => {
  const { machine } = ARCHITECTURES[architecture];
  let image: Unpacked;
  beforeAll(() => void (image = new Unpacked(builtImage(architecture).archive)));
  afterAll(() => image?.[Symbol.dispose]());

  const elves = () =>
    [...image.facts()].flatMap(([name, { kind }]) => {
      const elf = kind === "file" ? readElf(image.read(name)) : undefined;
      return elf ? [{ name, elf }] : [];
    });

  it("has programs and libraries for that machine alone, and every library that one of them asks for", () => {
    const libraries = new Set(elves().map(({ name }) => path.basename(name)));
    expect(elves().length).toBeGreaterThan(5);
    for (const { name, elf } of elves()) {
      expect({ name, machine: elf.machine }).toEqual({ name, machine });
      expect({ name, missing: elf.needed.filter((one) => !libraries.has(one)) }).toEqual({
        name,
        missing: [],
      });
    }
  });

  it("has what starts Node.js where Node.js says", () => {
    const { interpreter = "" } = readElf(image.read("/usr/bin/node")) ?? {};
    expect(interpreter).toMatch(/^\/lib/);
    expect(readElf(image.read(interpreter))?.machine).toBe(machine);
  });

  it("can execute Node.js, esddns and libraries, and nothing else", () => {
    const executable = [...image.facts()].filter(
      ([, { kind, mode }]) => kind === "file" && (mode & 0o111) !== 0,
    );
    const names = executable.map(([name]) => name).filter((name) => !/\.so\.\d+$/.test(name));
    expect(names).toEqual(PROGRAMS);
  });

  it("belongs to root, who alone can write, but for the store's folder and /tmp", () => {
    const others = [...image.facts()].filter(([, { uid, gid }]) => uid !== 0 || gid !== 0);
    expect(others.map(([name, { uid, gid, mode }]) => [name, uid, gid, mode])).toEqual([
      ["/var/lib/esddns", 65_532, 65_532, 0o700],
    ]);
    const writable = [...image.facts()].filter(
      ([, { kind, mode }]) => kind !== "link" && (mode & 0o022) !== 0,
    );
    expect(writable.map(([name, { mode }]) => [name, mode])).toEqual([["/tmp", 0o1777]]);
  });

  it("has no file that changes who runs it", () => {
    const special = [...image.facts()].filter(
      ([, { kind, mode }]) => kind === "file" && (mode & 0o7000) !== 0,
    );
    expect(special).toEqual([]);
  });

  it("says who it is, where it is from and how to run it", () => {
    const { config, ...rest } = image.configuration;
    expect(rest).toMatchObject({ architecture, os: "linux" });
    expect(config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/usr/bin/node", "/usr/lib/esddns/esddns.js"],
      Cmd: ["run"],
      WorkingDir: "/etc/esddns",
      Healthcheck: { Test: ["CMD", "/usr/bin/esddns", "healthcheck"] },
    });
    expect(config.Labels).toEqual({
      "org.opencontainers.image.title": "esddns",
      "org.opencontainers.image.description": expect.stringMatching(/^Dynamic DNS/),
      "org.opencontainers.image.licenses": "Apache-2.0",
      "org.opencontainers.image.source": "https://github.com/esddns/esddns",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": expect.stringMatching(/^[0-9a-f]{40}(-dirty)?$/),
      "org.opencontainers.image.created": rest.created,
    });
    expect(image.manifest.annotations).toEqual(config.Labels);
  });

  it("is an OCI archive whose every part has the hash and the size that it is named by", () => {
    const [top] = image.index.manifests;
    expect(top).toMatchObject({
      digest: builtImage(architecture).digest,
      annotations: { "io.containerd.image.name": `ghcr.io/esddns/esddns:${version}` },
    });
    for (const { digest, size } of [top!, image.manifest.config, ...image.manifest.layers]) {
      const file = path.join(image.layout, image.blob(digest));
      const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
      expect([`sha256:${hash}`, statSync(file).size]).toEqual([digest, size]);
    }
  });

  it("stays small", () => {
    const { size, parts } = builtImage(architecture);
    const unpacked = Object.values(parts).reduce((sum, part) => sum + part, 0);
    console.log(`${architecture}: ${size} bytes packed, ${unpacked} unpacked`, parts);
    expect(size).toBeLessThan(35e6);
    expect(unpacked).toBeLessThan(120e6);
  });

  it("has Debian's authorities, all of them readable", () => {
    const bundle = image.read("/etc/ssl/certs/ca-certificates.crt").toString();
    const certificates = bundle.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
    expect(certificates.length).toBeGreaterThan(100);
    for (const pem of certificates) expect(new X509Certificate(pem).ca).toBe(true);
  });

  it("tells scanners which Debian packages it has, and carries every licence", () => {
    expect(image.read("/etc/os-release").toString()).toMatch(/^ID=debian$/m);
    expect(image.read("/var/lib/dpkg/status.d/libc6").toString()).toMatch(/^Version: 2\.36-/m);
    for (const name of ["esddns/LICENSE", "node/LICENSE", "libc6/copyright", "libstdc++6/copyright"]) {
      expect(image.read(`/usr/share/doc/${name}`).length).toBeGreaterThan(1000);
    }
    expect(image.read("/usr/lib/esddns/THIRD-PARTY-LICENSES").toString()).toMatch(/^zod$/m);
  });

  it("has the same files as the image for the other", () => {
    using other = new Unpacked(builtImage(architecture === "amd64" ? "arm64" : "amd64").archive);
    expect(commonNames(image)).toEqual(commonNames(other));
    expect(other.read("/usr/lib/esddns/esddns.js")).toEqual(image.read("/usr/lib/esddns/esddns.js"));
  });
});

/** Two architectures differ in the names of a folder and of a loader, and in where the loader is. */
function commonNames(image: Unpacked): readonly string[] {
  const names = [...image.facts().keys()].map((name) =>
    name
      .replaceAll(/(x86_64|aarch64)-linux-gnu/g, "TRIPLET")
      .replace(/^\/lib(64)?\/ld-linux-.*/, "/lib/LOADER")
      .replace(/ld-linux-.*/, "LOADER"),
  );
  return names.filter((name) => name !== "/lib64").toSorted();
}
