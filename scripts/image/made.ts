import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const schema = z.object({
  name: z.string(),
  /** The OCI archive, and what is in the image (CycloneDX). */
  archive: z.string(),
  sbom: z.string(),
  /** Of the manifest, `sha256:…`. */
  digest: z.string(),
  /** Of the archive, in bytes. */
  size: z.number(),
  /** Of the files in the image, by what they are, in bytes. */
  parts: z.record(z.string(), z.number()),
  /** `false`: some packages are newer than the lock, so that the same commit may give other bytes. */
  isLocked: z.boolean(),
});

/** An image as it lies on the disk. */
export type MadeImage = z.infer<typeof schema>;

/** Beside an archive: what it was made from (`key`), for those who would make the same. */
const note = schema.extend({ key: z.string() });

export function readMade(file: string, key: string): MadeImage | undefined {
  try {
    const { key: madeFrom, ...made } = note.parse(JSON.parse(readFileSync(file, "utf8")));
    const isWhole = statSync(made.archive).size === made.size && statSync(made.sbom).isFile();
    return madeFrom === key && isWhole ? made : undefined;
  } catch {
    return undefined;
  }
}

/** The note comes last, and each file as a whole: others may be making the same. */
export function writeMade(file: string, key: string, made: MadeImage, archive: Buffer, sbom: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  replace(made.sbom, sbom);
  replace(made.archive, archive);
  replace(file, `${JSON.stringify({ ...made, key }, null, 2)}\n`);
}

function replace(file: string, content: Buffer | string): void {
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}
