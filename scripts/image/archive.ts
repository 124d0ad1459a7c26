import type { Architecture } from "./architecture.ts";
import type { Assembled } from "./assemble.ts";
import type { Cache } from "./cache.ts";
import { compressLayer, digestOf } from "./layers.ts";
import { NAME, SETTINGS } from "./settings.ts";
import { writeTar } from "./tar.ts";
import { Tree } from "./tree.ts";

export interface ArchiveOptions {
  readonly architecture: Architecture;
  readonly version: string;
  readonly date: Date;
  /** Of the image, repeated at its manifest, where registries look for them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly cache: Cache;
}

export interface Archive {
  readonly bytes: Buffer;
  /** Of the image's manifest: what `@sha256:…` behind its name would be. */
  readonly digest: string;
}

const TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

/**
 * An OCI layout in a tar archive, and for those who read Docker's older form (`docker load` without containerd) its
 * manifest, which names the same files.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function writeArchive(assembled: Assembled, options: ArchiveOptions): Promise<Archive> {
  const { architecture, version, date, labels, cache } = options;
  const tree = new Tree();
  const layers = await Promise.all(assembled.layers.map((layer) => compressLayer(layer, cache)));
  const config = json(complete(assembled.configuration, date));
  const manifest = json({
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: describe(tree, config, TYPES.config),
    layers: layers.map((layer) => describe(tree, layer, TYPES.layer)),
    annotations: labels,
  });
  const image = describe(tree, manifest, TYPES.manifest);
  const name = `${NAME}:${version}`;
  // The first is what containerd goes by, the second all others
  const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": version };
  const platform = { architecture, os: "linux" };
  tree.file("/index.json", json({ schemaVersion: 2, manifests: [{ ...image, platform, annotations }] }));
  tree.file("/oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  const older = { Config: pathOf(config), RepoTags: [name], Layers: layers.map(pathOf) };
  tree.file("/manifest.json", json([older]));
  return { bytes: writeTar(tree, date), digest: image.digest };
}

/**
 * OCI has no health check. Docker has one at this place, in images of either form, and everybody else has to ignore
 * it (image-spec 1.1, config.md: "Any extra fields ... MUST be ignored").
 */
function complete(configuration: Assembled["configuration"], date: Date): unknown {
  const { command, interval, timeout, start, retries } = SETTINGS.healthcheck;
  const nanoseconds = (seconds: number) => seconds * 1e9;
  const Healthcheck = {
    Test: ["CMD", ...command],
    Interval: nanoseconds(interval),
    Timeout: nanoseconds(timeout),
    StartPeriod: nanoseconds(start),
    Retries: retries,
  };
  const created = date.toISOString();
  const history = ["Node.js and its C library", "esddns"].map((created_by) => ({ created, created_by }));
  return { ...configuration, config: { ...configuration.config, Healthcheck }, history };
}

/** Puts it where the layout has it, by its hash. */
function describe(tree: Tree, content: Buffer, mediaType: string) {
  tree.file(`/${pathOf(content)}`, content);
  return { mediaType, digest: digestOf(content), size: content.length };
}

function pathOf(content: Buffer): string {
  return `blobs/${digestOf(content).replace(":", "/")}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
