import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Terminal } from "#cli/command.ts";
import { notify } from "#cli/notify.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { parseObject } from "#testing/emulators/body.ts";
import { MessageService } from "#testing/emulators/message-service.ts";

describe("esddns notify test", () => {
  let service: MessageService;

  beforeEach(async () => {
    service = new MessageService(({ url, body, headers }) => {
      if (url.pathname.startsWith("/api/push/"))
        return { read: url.search, answer: { status: 200, body: { ok: true } } };
      const isKnown = headers["x-gotify-key"] === "right-token";
      const read = String(parseObject(body)?.["title"]);
      return isKnown
        ? { read, answer: { status: 200, body: {} } }
        : { answer: { status: 401, body: { error: "Unauthorized" } } };
    });
    await service.listen();
  });
  afterEach(() => service.close());

  async function run(notifiers: Readonly<Record<string, object>>, words: readonly string[], json = false) {
    const cwd = temporaryFolder({});
    const records = [{ name: "home.example.org" }];
    const configuration = { providers: { home: { type: "memory" } }, records, notify: notifiers };
    writeFileSync(path.join(cwd, "esddns.yaml"), JSON.stringify(configuration));
    let out = "";
    const env = { RIGHT: "right-token", WRONG: "wrong-token", KUMA: `${service.endpoint}/api/push/abc` };
    const terminal: Terminal = {
      env,
      cwd,
      out: (text) => void (out += text),
      err: (text) => void (out += text),
      stdout: process.stdout,
      stdin: process.stdin,
      isInteractive: false,
      ended: new AbortController().signal,
    };
    const code = await notify.run({ terminal, options: {}, positionals: words, configFile: undefined, json });
    return { out, code };
  }

  const gotify = (variable: string) => ({
    type: "gotify",
    server: service.endpoint,
    token: { env: variable },
  });

  it("says what became of each, and exits with 1 when one was not sent", async () => {
    const watch = { type: "uptime-kuma", url: { env: "KUMA" } };
    const { out, code } = await run({ phone: gotify("RIGHT"), desk: gotify("WRONG"), watch }, ["test"]);
    const host = new URL(service.endpoint).host;
    expect(out.split("\n")).toEqual([
      "ok   phone (gotify): sent",
      `BAD  desk (gotify): Cannot send to Gotify at "${host}": it answers 401 "Unauthorized" (check the credentials for Gotify)`,
      "ok   watch (uptime-kuma): sent",
      "",
    ]);
    expect(code).toBe(1);
    expect(service.texts.toSorted()).toEqual(["?status=up&msg=A+test", "This is a test of esddns"]);
  });

  it("tests one alone, and gives JSON", async () => {
    const { out, code } = await run(
      { phone: gotify("RIGHT"), desk: gotify("WRONG") },
      ["test", "phone"],
      true,
    );
    expect(JSON.parse(out)).toEqual({ notifiers: [{ name: "phone", type: "gotify" }] });
    expect(code).toBe(0);
  });

  it("knows whom it can test", async () => {
    await expect(run({ phone: gotify("RIGHT") }, ["test", "pone"])).rejects.toThrow(
      'Cannot test "pone": there is no such notifier, expected one of phone',
    );
    await expect(run({}, ["test"])).rejects.toMatchObject({
      message: expect.stringContaining('"notify" names nobody'),
      // An installed package has no docs/
      hint: expect.stringContaining("notify: {"),
    });
    expect(await run({}, ["tset"])).toMatchObject({ code: 2 });
    expect(service.log).toEqual([]);
  });
});
