import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CancelledError, WitnessError } from "#core/errors.ts";
import { createCommands } from "#platform/commands.ts";

const commands = createCommands();
const never = new AbortController().signal;
const options = { maxBytes: 1000 };

describe("a command", () => {
  it("yields what it prints", async () => {
    expect(await commands.run(["printf", "%s|", "a b", "$HOME", "; ls"], options, never)).toBe(
      "a b|$HOME|; ls|",
    );
  });

  it("sees nothing of our environment that could be secret", async () => {
    process.env["ESDDNS_TEST_TOKEN"] = "hunter2";
    onTestFinished(() => void delete process.env["ESDDNS_TEST_TOKEN"]);
    const names = (await commands.run(["env"], options, never)).split("\n").map((line) => line.split("=")[0]);
    expect(new Set(names).difference(new Set(["PATH", "HOME", "LANG", "PWD", "SHLVL", "_", ""]))).toEqual(
      new Set(),
    );
    expect(names).toContain("PATH");
  });

  it("gets no input, and does not wait for any", async () => {
    expect(await commands.run(["cat"], options, never)).toBe("");
  });

  it.each([
    ["cannot be found", ["/no/such/program"]],
    ["ends with another status than 0", ["sh", "-c", "echo 192.0.2.1; exit 3"]],
    ["is killed", ["sh", "-c", "kill -9 $$"]],
    ["prints too much", ["yes"]],
  ] as const)("that %s is no testimony", async (_, argv) => {
    const error = await commands.run(argv, options, never).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(WitnessError);
    expect(error).toMatchObject({ code: "command" });
  });

  it("that fails is quoted in the hint", async () => {
    const failing = commands.run(["sh", "-c", "echo no route >&2; exit 1"], options, never);
    await expect(failing).rejects.toMatchObject({ hint: "it said: no route" });
  });

  it("that left a process of another group behind keeps nobody waiting when the signal aborts", async () => {
    const abort = new AbortController();
    const running = commands.run(["sh", "-c", "setsid sleep 2 & echo 192.0.2.1"], options, abort.signal);
    setTimeout(() => abort.abort(), 100);
    const startedAt = performance.now();
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it("is killed with everything it started when the signal aborts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "esddns-commands-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [started, survived] = [join(folder, "started"), join(folder, "survived")];
    const abort = new AbortController();
    const script = `(sleep 0.3; touch ${survived}) & touch ${started}; wait`;
    const running = commands.run(["sh", "-c", script], options, abort.signal);
    await expect.poll(() => existsSync(started), { interval: 5 }).toBe(true);
    abort.abort();
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(existsSync(survived)).toBe(false);
  });

  it("is not started for an aborted signal", async () => {
    await expect(commands.run(["true"], options, AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  });
});
