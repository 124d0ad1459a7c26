import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#core/errors.ts";
import { createSecrets, secretRisk } from "#config/secrets.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";

describe("secrets", () => {
  it("come from the environment as they stand there", () => {
    const secrets = createSecrets({ env: { TOKEN: " with spaces " }, folder: "/" });
    expect(secrets.open({ kind: "env", name: "TOKEN" }).reveal()).toBe(" with spaces ");
  });

  it("come from the file that NAME_FILE names when NAME is not set", () => {
    const folder = temporaryFolder({ token: "of the file\n" });
    const env = {
      TOKEN_FILE: join(folder, "token"),
      OTHER: "of the variable",
      OTHER_FILE: join(folder, "token"),
    };
    const secrets = createSecrets({ env, folder });
    expect(secrets.open({ kind: "env", name: "TOKEN" }).reveal()).toBe("of the file");
    expect(secrets.open({ kind: "env", name: "OTHER" }).reveal()).toBe("of the variable");
  });

  it.each(["token", "token\n", "token\r\n", "token\n\n"])(
    "come from files without the line's end: %j",
    (content) => {
      const folder = temporaryFolder({ secret: content });
      const secrets = createSecrets({ env: {}, folder });
      expect(secrets.open({ kind: "file", path: join(folder, "secret") }).reveal()).toBe("token");
      expect(secrets.open({ kind: "file", path: "secret" }).reveal()).toBe("token");
    },
  );

  it("come from the service manager's credentials before the folder of the configuration", () => {
    const folder = temporaryFolder({ token: "of the folder", other: "of the folder" });
    const credentials = temporaryFolder({ token: "of the credentials" });
    const secrets = createSecrets({ env: { CREDENTIALS_DIRECTORY: credentials }, folder });
    expect(secrets.open({ kind: "file", path: "token" }).reveal()).toBe("of the credentials");
    expect(secrets.open({ kind: "file", path: "other" }).reveal()).toBe("of the folder");
  });

  it("in a file are read again, for everybody who holds them", () => {
    const folder = temporaryFolder({ token: "old" });
    const secrets = createSecrets({ env: {}, folder });
    const [one, two] = [
      secrets.open({ kind: "file", path: "token" }),
      secrets.open({ kind: "file", path: "token" }),
    ];
    expect(one.refresh()).toBe(false);
    writeFileSync(join(folder, "token"), "new\n");
    expect(one.refresh()).toBe(true);
    expect(two.reveal()).toBe("new");
  });

  it("do not print", () => {
    const secret = createSecrets({ env: { TOKEN: "hunter2" }, folder: "/" }).open({
      kind: "env",
      name: "TOKEN",
    });
    expect(
      `${String(secret)} ${JSON.stringify({ secret })} ${inspect({ secret }, { depth: 9, showHidden: true })}`,
    ).not.toContain("hunter2");
  });

  const folder = temporaryFolder({ empty: "", lines: "a\nb\n", large: "x".repeat(70_000), nul: "a\0b" });
  mkdirSync(join(folder, "folder"));
  symlinkSync("loop", join(folder, "loop"));

  it.each([
    [{ kind: "env", name: "UNSET" } as const, /variable "UNSET": it is not set/],
    [{ kind: "env", name: "EMPTY" } as const, /variable "EMPTY": it is empty/],
    [{ kind: "env", name: "toString" } as const, /variable "toString": it is not set/],
    [{ kind: "env", name: "LINES" } as const, /it has a line break/],
    [{ kind: "file", path: "missing" } as const, /missing": there is no such file/],
    [{ kind: "file", path: "empty" } as const, /empty": it is empty/],
    [{ kind: "file", path: "lines" } as const, /it has a line break/],
    [{ kind: "file", path: "nul" } as const, /control character/],
    [{ kind: "file", path: "large" } as const, /more than 65536 bytes/],
    [{ kind: "file", path: "folder" } as const, /it is a folder/],
    [{ kind: "file", path: "loop" } as const, /go round in a circle/],
    [{ kind: "file", path: "empty/below" } as const, /no folder/],
    [{ kind: "file", path: "/dev/zero" } as const, /more than 65536 bytes/],
    [{ kind: "file", path: "a\0b" } as const, /Cannot read a secret/],
    [{ kind: "plain", text: "a\r\nX: y" } as const, /it has a line break/],
  ])("cannot be read from %j", (reference, words) => {
    const secrets = createSecrets({ env: { EMPTY: "", LINES: "a\nb" }, folder });
    expect(() => secrets.open(reference)).toThrow(ConfigError);
    expect(() => secrets.open(reference)).toThrow(words);
  });

  it("are at risk in plain text and in files that everybody may read", () => {
    const safe = temporaryFolder({ token: "t" }, 0o640);
    const open = temporaryFolder({ token: "t" }, 0o644);
    const risk = (path: string) => secretRisk({ kind: "file", path }, { env: {}, folder: safe });
    expect(risk(join(safe, "token"))).toBeUndefined();
    expect(risk(join(open, "token"))).toBe(`everybody on this machine may read "${join(open, "token")}"`);
    expect(secretRisk({ kind: "plain", text: "t" }, { env: {}, folder: safe })).toContain("plain text");
    expect(secretRisk({ kind: "env", name: "T" }, { env: {}, folder: safe })).toBeUndefined();
  });
});
