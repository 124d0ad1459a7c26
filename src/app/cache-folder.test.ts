import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cacheFolder } from "#app/cache-folder.ts";

describe("the cache folder", () => {
  it("is made for us alone, whatever the umask", () => {
    const home = temporaryFolder();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const folder = cacheFolder({ HOME: home });
    expect(folder).toBe(path.join(home, ".cache", "esddns"));
    expect(statSync(folder ?? "").mode & 0o777).toBe(0o700);
  });

  it("is not one that others may write to", () => {
    const shared = temporaryFolder();
    mkdirSync(path.join(shared, "esddns"));
    chmodSync(path.join(shared, "esddns"), 0o777);
    expect(cacheFolder({ XDG_CACHE_HOME: shared })).toBeUndefined();
    expect(cacheFolder({ CACHE_DIRECTORY: path.join(shared, "esddns") })).toBeUndefined();
  });

  it.skipIf(process.geteuid?.() !== 0)("is not somebody else's, such as root's with a user's HOME", () => {
    const home = temporaryFolder();
    mkdirSync(path.join(home, ".cache", "esddns"), { recursive: true });
    chownSync(path.join(home, ".cache", "esddns"), 65_534, 65_534);
    expect(cacheFolder({ HOME: home })).toBeUndefined();
  });

  it("is none where nothing can be made, or no absolute path is known", () => {
    for (const env of [{}, { HOME: "" }, { HOME: "." }, { HOME: "/proc/nobody" }])
      expect(cacheFolder(env)).toBeUndefined();
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "esddns-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
