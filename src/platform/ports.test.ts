import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const PRELUDE = `import { createPorts } from ${JSON.stringify(import.meta.resolve("./ports.ts"))};
  import { createLog } from ${JSON.stringify(import.meta.resolve("./log.ts"))};
  const log = await createLog({ format: "text", level: "info" });
  const ports = createPorts({ log, secrets: { open() { throw new Error("none"); } } });`;

describe("the ports of this host", () => {
  it("load nothing that a round over UDP does not need", () => {
    const loaded = run(`${PRELUDE}
      console.log(process.moduleLoadList.filter((name) => /^NativeModule (https?|tls|crypto|child_process|sqlite)$/.test(name)).join());`);
    expect(loaded).toBe("");
  });

  it("hold the process no longer than they are used", () => {
    const lingered = run(`${PRELUDE}
      await ports.names.resolve("localhost", 4, new AbortController().signal);
      await ports.interfaces.addresses();
      await ports.clock.sleep(1, new AbortController().signal);
      await ports.close();
      const closed = performance.now();
      process.on("exit", () => console.log(performance.now() - closed));`);
    expect(Number(lingered)).toBeLessThan(500);
  });
});

function run(script: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).trim();
}
