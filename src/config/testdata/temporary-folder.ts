import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A fresh folder with these files, by path; modes are those of the process unless given. */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>> = {}, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "esddns-config-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content, { mode });
  }
  return folder;
}
