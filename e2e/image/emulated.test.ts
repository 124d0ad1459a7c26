import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownArchitecture } from "../../scripts/image/architecture.ts";
import { VERSION } from "../../scripts/image/package-lock.ts";
import { run } from "../child.ts";
import { missing, peerPath } from "../require-peer.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import { Unpacked } from "./unpacked.ts";

const cannotEmulate =
  ownArchitecture() === "amd64" ? cannotBuild() || missing("qemu-aarch64") : "arm64 is no stranger here";

describe.skipIf(cannotEmulate)("the image for arm64, whose instructions are emulated", () => {
  let image: Unpacked;
  beforeAll(() => void (image = new Unpacked(builtImage("arm64").archive)));
  afterAll(() => image?.[Symbol.dispose]());

  /** Its program with its libraries, on the kernel of this machine. */
  function emulate(...words: readonly string[]) {
    const [node = "", ...program] = image.configuration.config.Entrypoint.map(
      (name) => `${image.root}${name}`,
    );
    return run([peerPath("qemu-aarch64"), "-L", image.root, node, ...program, ...words]);
  }

  it("says its version", async () => {
    expect(await emulate("--version")).toMatchObject({ status: 0, stdout: `esddns ${VERSION}\n` });
  });

  it("makes a record follow an address that moves", async () => {
    const { status, stdout } = await emulate("demo", "--once");
    expect(stdout).toMatch(/the record followed after \d+ ms\n$/);
    expect(status).toBe(0);
  });
});
