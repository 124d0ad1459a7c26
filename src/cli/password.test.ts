import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Terminal } from "#cli/command.ts";
import { password } from "#cli/password.ts";
import { parsePasswordHash } from "#core/password-hash.ts";
import { isPassword } from "#service/auth/password.ts";

/** Keys that are pressed at a terminal, or bytes from a pipe. */
class Keyboard extends Socket {
  readonly isTTY: true;
  isRaw = false;
  /** Whether the terminal showed any key. */
  wasEchoing = false;

  constructor(isTTY: boolean) {
    super();
    // A pipe has no such property at all, which the type does not know
    this.isTTY = true;
    if (!isTTY) Object.assign(this, { isTTY: undefined });
  }

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }

  type(text: string): void {
    if (!this.isRaw) this.wasEchoing = true;
    this.push(text);
  }
}

interface Run {
  readonly keyboard: Keyboard;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number>;
}

function start(isTTY: boolean, options = {}): Run {
  const keyboard = new Keyboard(isTTY);
  let [out, err] = ["", ""];
  const terminal: Terminal = {
    env: {},
    cwd: "/",
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdout: process.stdout,
    stdin: keyboard,
    isInteractive: isTTY,
    ended: new AbortController().signal,
  };
  const ended = password.run({ terminal, options, positionals: [], configFile: undefined, json: false });
  return { keyboard, out: () => out, err: () => err, ended };
}

describe("esddns password", () => {
  it("asks twice at a terminal, without showing it, and prints a hash of it", async () => {
    const { keyboard, out, err, ended } = start(true);
    keyboard.type("correct hörse\r");
    await expect.poll(err).toContain("Once more: ");
    keyboard.type("correct hörse\r");
    expect(await ended).toBe(0);
    expect(keyboard.wasEchoing).toBe(false);
    expect(keyboard.isRaw).toBe(false);
    expect(out() + err()).not.toContain("correct");
    expect(parsePasswordHash(out().trim())).toMatchObject({ cost: 15, blockSize: 8 });
    // The same letter in its other form (Unicode NFD)
    expect(await isPassword("correct ho\u0308rse", out().trim())).toBe(true);
    expect(await isPassword("correct horse", out().trim())).toBe(false);
  });

  it("prints nothing when the two differ", async () => {
    const { keyboard, out, ended } = start(true);
    keyboard.type("correct horse\rcorrect house\r");
    await expect(ended).rejects.toThrow("Cannot use this password: the two are not the same");
    expect(out()).toBe("");
  });

  it.each([
    ["Ctrl-C", "corr\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("ends by %s, and the terminal shows keys again", async (_what, keys) => {
    const { keyboard, out, ended } = start(true);
    keyboard.type(keys);
    await expect(ended).rejects.toThrow("No password was given");
    expect([out(), keyboard.isRaw]).toEqual(["", false]);
  });

  it("reads one line from a pipe, and says nothing but the hash", async () => {
    const { keyboard, out, err, ended } = start(false);
    keyboard.type("correct horse\nand more\n");
    expect(await ended).toBe(0);
    expect(err()).toBe("");
    expect(await isPassword("correct horse", out().trim())).toBe(true);
  });

  it.each(["", "short", "x".repeat(1025)])("refuses what is too short or too long: %#", async (text) => {
    const { keyboard, ended } = start(false);
    keyboard.type(`${text}\n`);
    await expect(ended).rejects.toThrow("expected 8 to 1024 characters");
  });

  it("prints a different hash each time, and with --token a different token", async () => {
    const outs = await Promise.all(
      [{}, {}, { token: true }, { token: true }].map(async (options) => {
        const { keyboard, out, ended } = start(false, options);
        keyboard.type("correct horse\n");
        await ended;
        return out();
      }),
    );
    expect(new Set(outs).size).toBe(4);
    expect(outs[3]).toMatch(/^esddns_[\w-]{43}\n$/);
  });
});
