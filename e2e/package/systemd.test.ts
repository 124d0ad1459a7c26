import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { missing, peerPath } from "../require-peer.ts";

const unit = path.join(
  path.dirname(path.dirname(import.meta.dirname)),
  "examples",
  "systemd",
  "esddns.service",
);

describe.skipIf(missing("systemd-analyze"))("the systemd unit", () => {
  it("is valid", () => {
    const { status, stderr } = spawnSync(peerPath("systemd-analyze"), ["verify", unit], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("leaves little exposed", () => {
    const { stdout } = spawnSync(peerPath("systemd-analyze"), ["security", "--offline=yes", unit], {
      encoding: "utf8",
    });
    const [, exposure = "10"] = /Overall exposure level for esddns\.service: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(1.5);
  });
});
