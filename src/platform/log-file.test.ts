import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { logFile } from "#platform/log-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "esddns-log-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

it("appends, and follows a rotated file without a signal", () => {
  const file = path.join(folder, "esddns.log");
  const log = logFile(file, { alsoConsole: false });
  log.write("one\n");
  renameSync(file, `${file}.1`);
  log.write("two\n");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("one\n");
  expect(readFileSync(file, "utf8")).toBe("two\n");
});

it("says a line that cannot be written on standard error", () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  logFile(path.join(folder, "missing", "esddns.log"), { alsoConsole: false }).write("lost?\n");
  expect(written).toHaveBeenCalledExactlyOnceWith("lost?\n");
});
