import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Files } from "#core/ports.ts";

/** What every implementation of {@link Files} keeps to. `open` yields one with an empty folder. */
export function describeFilesContract(
  title: string,
  open: () => Promise<{ readonly files: Files; readonly folder: string; close(): Promise<void> }>,
): void {
  describe(`${title} as files`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => (opened = await open()));
    afterEach(() => opened.close());

    it("a file that is not there is undefined", async () => {
      const { files, folder } = opened;
      expect(await files.read(`${folder}/missing`)).toBeUndefined();
      expect(await files.read(`${folder}/no/such/folder`)).toBeUndefined();
    });

    it("what was written is read, folders included", async () => {
      const { files, folder } = opened;
      await files.write(`${folder}/a/b/list`, Uint8Array.of(0, 255, 10));
      expect([...((await files.read(`${folder}/a/b/list`)) ?? [])]).toEqual([0, 255, 10]);
    });

    it("a shorter content leaves nothing of a longer one", async () => {
      const { files, folder } = opened;
      await files.write(`${folder}/list`, new Uint8Array(1000));
      await files.write(`${folder}/list`, Uint8Array.of(1));
      expect(await files.read(`${folder}/list`)).toHaveLength(1);
    });

    it("changing the bytes afterwards changes no file", async () => {
      const { files, folder } = opened;
      const bytes = Uint8Array.of(1, 2, 3);
      await files.write(`${folder}/list`, bytes);
      bytes.fill(9);
      expect([...((await files.read(`${folder}/list`)) ?? [])]).toEqual([1, 2, 3]);
    });
  });
}
