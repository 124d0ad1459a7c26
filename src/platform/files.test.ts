import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFiles } from "#platform/files.ts";
import { describeFilesContract } from "#testing/files-port-contract.ts";
import { MemoryFiles } from "#testing/memory-files.ts";

describeFilesContract("The disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "esddns-files-"));
  return { files: createFiles(), folder, close: async () => rmSync(folder, { recursive: true }) };
});
describeFilesContract("MemoryFiles", async () => ({
  files: new MemoryFiles(),
  folder: "/any",
  close: async () => {},
}));

describe("files on disk", () => {
  const files = createFiles();

  it("are for the owner alone, as are the folders made for them", async () => {
    const folder = temporaryFolder();
    await files.write(join(folder, "cache", "list"), Uint8Array.of(1));
    expect(statSync(join(folder, "cache")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "cache", "list")).mode & 0o777).toBe(0o600);
  });

  it("are read whole, old or new, while they are written", async () => {
    const path = join(temporaryFolder(), "list");
    await files.write(path, new Uint8Array(100_000).fill(0));
    const written = new AbortController();
    const seen = new Set<string>();
    const reader = (async () => {
      while (!written.signal.aborted) {
        const bytes = await files.read(path);
        seen.add(`${bytes?.length} ${new Set(bytes).size}`);
      }
    })();
    for (let time = 1; time <= 20; time += 1) await files.write(path, new Uint8Array(100_000).fill(time));
    written.abort();
    await reader;
    expect([...seen]).toEqual(["100000 1"]);
  });

  it("are refused when they are a named pipe, which nobody may ever write to, or endless", async () => {
    const folder = temporaryFolder();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await expect(files.read(join(folder, "pipe"))).rejects.toThrow("it is no regular file");
    await expect(files.read("/dev/zero")).rejects.toThrow("it is no regular file");
    writeFileSync(join(folder, "huge"), "");
    truncateSync(join(folder, "huge"), 5_000_000);
    await expect(files.read(join(folder, "huge"))).rejects.toThrow("more than 4194304 bytes");
  });

  it("leave nothing behind when they cannot be written", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(files.write(join(folder, "file", "list"), Uint8Array.of(1))).rejects.toThrow("ENOTDIR");
    await files.write(join(folder, "a", "b"), Uint8Array.of(1));
    await expect(files.write(join(folder, "a"), Uint8Array.of(1))).rejects.toThrow("EISDIR");
    expect(readdirSync(folder).toSorted()).toEqual(["a", "file"]);
    await expect(files.write("/proc/esddns/list", Uint8Array.of(1))).rejects.toThrow("ENOENT");
  });

  it("several writers at once leave the content of one", async () => {
    const path = join(temporaryFolder(), "list");
    const contents = Array.from({ length: 10 }, (_, index) => new Uint8Array(50_000).fill(index));
    await Promise.all(contents.map((content) => files.write(path, content)));
    expect(new Set(await files.read(path)).size).toBe(1);
  });

  it("that cannot be read are an error, and not missing", async () => {
    await expect(files.read(temporaryFolder())).rejects.toThrow("EISDIR");
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "esddns-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
