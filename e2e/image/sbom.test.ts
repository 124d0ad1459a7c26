import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readPins } from "../../scripts/image/debian-lock.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import { Unpacked } from "./unpacked.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

const component = z.looseObject({
  type: z.string(),
  "bom-ref": z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string().optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string().regex(/^[0-9a-f]+$/) })).optional(),
});
const document = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.6"),
  serialNumber: z
    .string()
    .regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  metadata: z.object({ timestamp: z.iso.datetime(), component }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

describe.skipIf(cannotBuild()).for(["amd64", "arm64"] as const)(
  "what the image for %s says is in it",
  (architecture) => {
    const image = () => builtImage(architecture);
    const text = () => readFileSync(image().sbom, "utf8");
    const bill = () => document.parse(JSON.parse(text()));
    const purls = () => bill().components.map(({ purl }) => purl);

    it("lies beside the archive and in the image", () => {
      using unpacked = new Unpacked(image().archive);
      expect(unpacked.read("/usr/share/doc/esddns/sbom.cdx.json").toString()).toBe(text());
    });

    it("names every npm package of the bundle, in the version that was bundled", () => {
      using unpacked = new Unpacked(image().archive);
      const licenses = unpacked.read("/usr/lib/esddns/THIRD-PARTY-LICENSES").toString();
      const names = licenses.split(`${"-".repeat(80)}\n\n`).map((part) => part.split("\n")[0] ?? "");
      expect(names).toContain("zod");
      for (const name of names) {
        const installed = readFileSync(path.join(root, "node_modules", name, "package.json"), "utf8");
        const { version } = z.object({ version: z.string() }).parse(JSON.parse(installed));
        expect(purls()).toContain(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      }
    });

    it("names the Node.js that is in it, as those know it who list its faults", () => {
      const node = bill().components.find(({ name }) => name === "node");
      expect(node).toMatchObject({ version: process.versions.node });
      expect(node?.["cpe"]).toMatch(/^cpe:2\.3:a:nodejs:node\.js:24\.\d+\.\d+:/);
      const content = node?.hashes?.[0]?.content ?? "";
      const integrity = `sha512-${Buffer.from(content, "hex").toString("base64")}`;
      expect(readFileSync(path.join(root, "package-lock.json"), "utf8")).toContain(integrity);
    });

    it("names every Debian package, with version, architecture and source", () => {
      for (const [name, { version, sha256 }] of Object.entries(readPins(architecture))) {
        const found = bill().components.find((one) => one.name === name);
        expect(found).toMatchObject({ version, hashes: [{ alg: "SHA-256", content: sha256 }] });
        const wanted = name === "ca-certificates" ? "all" : architecture;
        expect(found?.purl).toMatch(
          new RegExp(
            `^pkg:deb/debian/${name.replaceAll("+", "%2B")}@[^?]+\\?arch=${wanted}&distro=debian-12`,
          ),
        );
      }
      expect(purls().join("\n")).toMatch(/^pkg:deb\/debian\/libc6@.*&upstream=glibc$/m);
    });

    it("refers to nothing that it does not have, and has nothing that nobody refers to", () => {
      const { components, dependencies, metadata } = bill();
      const known = new Set([metadata.component, ...components].map((one) => one["bom-ref"]));
      expect(known.size).toBe(components.length + 1);
      const referred = new Set(dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]));
      expect([...referred].toSorted()).toEqual([...known].toSorted());
    });
  },
);
