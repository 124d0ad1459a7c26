import { createHash } from "node:crypto";
import type { Architecture } from "./architecture.ts";
import type { Commit } from "./commit.ts";
import type { DebianPackage } from "./debian.ts";
import type { NodeProgram } from "./node-program.ts";
import { lockedPackage } from "./package-lock.ts";
import { NAME } from "./settings.ts";

export interface Contents {
  readonly version: string;
  readonly commit: Commit;
  readonly architecture: Architecture;
  readonly node: NodeProgram;
  readonly debian: readonly DebianPackage[];
  /** Names of the npm packages in the bundle; package-lock.json has the rest. */
  readonly libraries: readonly string[];
}

interface Component {
  readonly type: string;
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly [key: string]: unknown;
}

/**
 * What is in the image, as CycloneDX. No clock and no chance: the same contents are the same bytes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 * @see https://github.com/package-url/purl-spec
 */
export function billOfMaterials(contents: Contents): string {
  const program = ourselves(contents);
  const libraries = contents.libraries.map(npmLibrary);
  const node = nodeProgram(contents);
  const debian = contents.debian.map((one) => debianPackage(one, contents.architecture));
  const image = container(contents);
  const document = {
    version: 1,
    metadata: {
      timestamp: contents.commit.date.toISOString(),
      lifecycles: [{ phase: "build" }],
      component: image,
    },
    components: [operatingSystem, program, ...libraries, node, ...debian],
    dependencies: [
      dependsOn(image, [program, node, operatingSystem, ...debian]),
      dependsOn(program, [node, ...libraries]),
      dependsOn(
        node,
        debian.filter(({ name }) => name.startsWith("lib")),
      ),
    ],
  };
  const head = { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: serialNumber(document) };
  return `${JSON.stringify({ ...head, ...document }, null, 2)}\n`;
}

const operatingSystem = {
  type: "operating-system",
  "bom-ref": "debian-12",
  name: "debian",
  version: "12",
} satisfies Component;

function container({ version, architecture, node }: Contents): Component {
  const platform = { name: "esddns:platform", value: `linux/${architecture}` };
  const properties = [platform, { name: "esddns:node", value: node.version }];
  return { type: "container", "bom-ref": "image", name: NAME, version, properties };
}

function ourselves({ version, commit }: Contents): Component {
  const purl = `pkg:github/esddns/esddns@${commit.revision}`;
  return { ...identified("application", purl), name: "esddns", version, licenses: license("Apache-2.0") };
}

function npmLibrary(name: string): Component {
  const { version, integrity, license: spdx } = lockedPackage(name);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const hashes = [{ alg: "SHA-512", content: hexOf(integrity) }];
  return { ...identified("library", purl), name, version, hashes, ...(spdx && { licenses: license(spdx) }) };
}

/** Known to npm under the name of the package that carries it, and to those who list its faults as Node.js. */
function nodeProgram({ node }: Contents): Component {
  const purl = `pkg:npm/${node.name}@${node.version}`;
  return {
    ...identified("application", purl),
    name: "node",
    version: node.version,
    cpe: `cpe:2.3:a:nodejs:node.js:${node.version}:*:*:*:lts:*:*:*`,
    hashes: [{ alg: "SHA-512", content: hexOf(node.integrity) }],
    licenses: license("MIT"),
    properties: [{ name: "esddns:changed", value: "symbols and notes for debuggers were taken away" }],
  };
}

function debianPackage(
  { name, version, sha256, control }: DebianPackage,
  architecture: Architecture,
): Component {
  const field = (key: string) => new RegExp(`^${key}: (\\S+)`, "m").exec(control)?.[1];
  const source = field("Source");
  const qualifiers = new URLSearchParams({
    arch: field("Architecture") ?? architecture,
    distro: "debian-12",
  });
  if (source) qualifiers.set("upstream", source);
  const identity = `${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
  const purl = `pkg:deb/debian/${identity}?${qualifiers.toString()}`;
  const hashes = [{ alg: "SHA-256", content: sha256 }];
  return { ...identified("library", purl), name, version, hashes, supplier: { name: "Debian" } };
}

function identified(type: string, purl: string) {
  return { type, "bom-ref": purl, purl };
}

function license(expression: string) {
  return [/[ ()]/.test(expression) ? { expression } : { license: { id: expression } }];
}

function dependsOn(component: Component, others: readonly Component[]) {
  return { ref: component["bom-ref"], dependsOn: others.map((other) => other["bom-ref"]) };
}

/** Of an integrity as npm writes it: base64 behind the algorithm. */
function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

/** A UUID of the contents: version 8, "custom" (RFC 9562, section 5.8). */
function serialNumber(document: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
