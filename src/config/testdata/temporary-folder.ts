import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** A fresh folder with these files, by path; it goes with the test, or with the file that made it. */
export function temporaryFolder(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  mode = 0o600,
): string {
  const folder = mkdtempSync(join(tmpdir(), "esddns-config-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content, { mode });
  }
  removeAfterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function removeAfterwards(remove: () => void): void {
  try {
    onTestFinished(remove);
  } catch {
    // Outside of a test there is no such hook
    afterAll(remove);
  }
}
