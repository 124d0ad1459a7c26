import fc from "fast-check";
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { TransportError } from "#core/errors.ts";
import type { Log, LogLevel } from "#core/ports.ts";
import { Secret } from "#core/secret.ts";
import { createLog } from "#platform/log.ts";

const AT = new Date(2025, 9, 8, 2, 21, 1, 371);

describe("the text log", () => {
  it("writes lines as the original did", async () => {
    expect(await textOf((log) => log.info("STUN protocol enabled for IP discovery"))).toBe(
      "2025-10-08 02:21:01,371 INFO STUN protocol enabled for IP discovery\n",
    );
    expect(
      await textOf((log) => log.warn("[TCP] a.example:3478 → XOR-MAPPED-ADDRESS not found in response.")),
    ).toBe(
      "2025-10-08 02:21:01,371 WARNING [TCP] a.example:3478 → XOR-MAPPED-ADDRESS not found in response.\n",
    );
  });

  it("names the levels as the original did, and leaves out those below its own", async () => {
    const all = (log: Log) =>
      (["debug", "info", "warn", "error"] as const).forEach((level) => log[level]("x"));
    const levels = async (level: LogLevel) =>
      (await textOf(all, level))
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[2]);
    expect(await levels("debug")).toEqual(["DEBUG", "INFO", "WARNING", "ERROR"]);
    expect(await levels("warn")).toEqual(["WARNING", "ERROR"]);
  });

  it("appends fields, with quotes where they are needed", async () => {
    const fields = {
      record: "home.example.org/A",
      address: parseAddress("2001:db8::1"),
      took: 41.23456,
      words: 'no "such" zone',
      empty: "",
      values: ["192.0.2.1", "192.0.2.2"],
      at: new Date(Date.UTC(2026, 0, 1)),
      nothing: undefined,
      none: null,
      sure: true,
      inner: { a: 1, b: { c: "d" } },
    };
    expect(await fieldsOf(fields)).toBe(
      'record=home.example.org/A address=2001:db8::1 took=41.235 words="no \\"such\\" zone" empty="" ' +
        "values=192.0.2.1,192.0.2.2 at=2026-01-01T00:00:00.000Z none=null sure=true inner.a=1 inner.b.c=d",
    );
  });

  it("tells of an error what it is, its code, the next step and its causes; the stack at debug alone", async () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = new TransportError('Cannot reach "a:1": the port is closed', {
      code: "refused",
      hint: "check the port",
      peer: "a:1",
      phase: "unsent",
      cause,
    });
    const info = await fieldsOf({ error });
    expect(info).toBe(
      'error="Cannot reach \\"a:1\\": the port is closed" error.code=refused error.hint="check the port" ' +
        'error.cause="connect ECONNREFUSED" error.cause.code=ECONNREFUSED',
    );
    expect(await textOf((log) => log.info("x", { error }), "debug")).toContain("error.stack=");
  });

  it("is one line for each message, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        async (message, value) => {
          const line = await textOf((log) =>
            log.info(message, { value, [value]: [value, { [value]: value }] }),
          );
          expect(line).toMatch(
            /^2025-10-08 02:21:01,371 INFO [^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*\n$/u,
          );
        },
      ),
    );
  });

  it("cannot be made to look like another line", async () => {
    const forged = "x\n2025-10-08 02:21:01,371 CRITICAL all is lost\u001b[2K\u202e";
    expect(await fieldsOf({ forged })).toBe(
      'forged="x\\n2025-10-08 02:21:01,371 CRITICAL all is lost\\u{1b}[2K\\u{202e}"',
    );
    expect(await fieldsOf({ a: "b c=d" })).toBe('a="b c=d"');
  });
});

describe("the JSON log", () => {
  it("writes one object for each line, with level, time, message and fields", async () => {
    const lines = await jsonOf((log) => {
      log.info("Published", { record: "home.example.org/A", address: parseAddress("192.0.2.1") });
      log.error("broken\nline", { error: new Error("why", { cause: new Error("deeper") }) });
      log.debug("not written");
    });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        level: "info",
        time: AT.toISOString(),
        message: "Published",
        record: "home.example.org/A",
        address: "192.0.2.1",
      },
      {
        level: "error",
        time: AT.toISOString(),
        message: "broken\nline",
        error: { message: "why", cause: { message: "deeper" } },
      },
    ]);
  });
});

describe("a secret", () => {
  const secret = "hunter2-and-more";
  const fields = {
    secret: new Secret(() => secret),
    inner: { list: [new Secret(() => secret)], map: new Map([["a", new Secret(() => secret)]]) },
    token: secret,
    apiKey: secret,
    api_key: { value: secret },
    password: secret,
    "X-Auth-Token": secret,
    headers: { Authorization: `Bearer ${secret}` },
    url: new URL(`https://user:${secret}@api.example.net/nic?host=a&token=${secret}`),
    text: `GET https://:${secret}@api.example.net/?a=${secret}&b=${secret}#c failed`,
    line: `authorization: Bearer ${secret}`,
    error: new Error(`Cannot reach "https://u:${secret}@h/": no`, {
      cause: new Error(`?x https://h/?k=${secret}`),
    }),
    bytes: new TextEncoder().encode(secret),
    aggregate: new AggregateError([new Error(`https://h/?k=${secret}`)], "all failed"),
  };

  it.each(["text", "json"] as const)("does not get into the %s log, in whatever it comes", async (format) => {
    const written = await capture(format, "debug", (log) => log.info(`https://u:${secret}@h/`, fields));
    expect(written).not.toContain(secret);
    expect(written).toContain("•••");
    expect(written).toContain("api.example.net/nic");
  });

  it("hides nothing else", async () => {
    const shown = await fieldsOf({
      keyboard: "a",
      tokens_used: 3,
      url: new URL("https://h/p?q=1"),
      monkey: "b",
    });
    expect(shown).toBe('keyboard=a tokens_used=3 url="https://h/p?q=•••" monkey=b');
  });
});

describe("a log", () => {
  it("does not choke on anything", async () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const error = new Error("x");
    error.cause = error;
    const odd = {
      circle,
      error,
      long: "x".repeat(2 ** 20),
      big: 1n,
      nan: Number.NaN,
      date: new Date(Number.NaN),
      f() {},
    };
    for (const format of ["text", "json"] as const) {
      const written = await capture(format, "debug", (log) => log.info("odd", odd));
      expect(written.length).toBeLessThan(20_000);
    }
  });

  it("does not end the process when standard error is gone", () => {
    const script = `import { createLog } from ${JSON.stringify(import.meta.resolve("./log.ts"))};
      for (const format of ["text", "json"]) {
        const log = await createLog({ format, level: "info" });
        for (let time = 0; time < 100; time += 1) { log.info("x"); await new Promise(setImmediate); }
      }
      console.log("alive");`;
    const command = `"${process.execPath}" --input-type=module -e "$SCRIPT" 2>&1 >&3 | true`;
    const { output } = spawnSync("bash", ["-c", command], {
      env: { ...process.env, SCRIPT: script },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      encoding: "utf8",
    });
    expect(output[3]).toBe("alive\n");
  });
});

async function capture(format: "json" | "text", level: LogLevel, act: (log: Log) => void): Promise<string> {
  let written = "";
  const destination = { write: (line: string) => (written += line) };
  act(await createLog({ format, level, destination, now: () => AT }));
  return written;
}

function textOf(act: (log: Log) => void, level: LogLevel = "info"): Promise<string> {
  return capture("text", level, act);
}

async function jsonOf(act: (log: Log) => void): Promise<readonly string[]> {
  return (await capture("json", "info", act)).trim().split("\n");
}

async function fieldsOf(fields: Record<string, unknown>): Promise<string> {
  const line = await textOf((log) => log.info("x", fields));
  return line.slice("2025-10-08 02:21:01,371 INFO x ".length, -1);
}
