import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { labConfiguration } from "#lab/lab-configuration.ts";
import type { World } from "#lab/world.ts";

/** The files of a running lab, in a folder of their own that ends with it. */
export interface WrittenLab {
  readonly configFile: string;
  remove(): void;
}

/** @param port of the dashboard; 0: any free one */
export function writeLab(world: World, port: number): WrittenLab {
  const folder = mkdtempSync(path.join(tmpdir(), "esddns-lab-"));
  const at = (name: string) => path.join(folder, name);
  const files = { caFile: at("ca.pem"), keyFile: at("lab.key"), storeFile: at("esddns.db") };
  writeFileSync(files.caFile, world.authorityPem);
  writeFileSync(files.keyFile, world.keySecret, { mode: 0o600 });
  writeFileSync(at("esddns.yaml"), labConfiguration(world, { ...files, port }));
  return { configFile: at("esddns.yaml"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
