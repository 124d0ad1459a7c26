import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { COMMANDS } from "#cli/commands.ts";
import { valuesAt } from "../dns-client.ts";
import { Lab, NAME } from "../lab.ts";
import { esddns, PROGRAM, startProgram } from "../program.ts";
import { BARE_ENVIRONMENT, Child, run } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { until } from "../until.ts";
import { detectResult, parseResult, planResult, statusResult } from "./results.ts";

const EXAMPLES = path.join(import.meta.dirname, "../../examples/config");
const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");
const STACK = / {4}at /;

describe.concurrent("usage", () => {
  it("tells every command, and of each command its usage", async () => {
    for (const words of [["--help"], ["-h"]]) {
      const { status, stdout, stderr } = await esddns(words);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${name} `);
    }
    await Promise.all(
      Object.keys(COMMANDS).map(async (name) => {
        const { status, stdout, stderr } = await esddns([name, "--help"]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toMatch(new RegExp(`^Usage: esddns ${name}\\b`));
      }),
    );
  });

  it("tells its version", async () => {
    expect(await esddns(["--version"])).toMatchObject({ status: 0, stdout: "esddns 0.1.0\n", stderr: "" });
  });

  it.each([
    [[], /Usage: esddns/],
    [["snyc"], /^Cannot run "snyc": .*sync/],
    [["sync", "--dry-rum"], /--dry-rum.*\nUsage: esddns sync/],
    [["sync", "home.example.org"], /Usage: esddns sync/],
    [["detect", "--family", "5"], /^Cannot look for the family "5": expected 4, 6 or both/],
    [["history", "--limit", "-1"], /--limit/],
    [["run", "--json"], /^Cannot give JSON/],
    [["config"], /Usage: esddns config/],
    [["config", "chekc"], /^Cannot do "chekc": expected one of check/],
    [["config", "import"], /^Cannot import/],
    [["--config"], /config/],
  ] as const)("esddns %j is wrong usage: exit 2", async (words, message) => {
    const { status, stdout, stderr } = await esddns([...words]);

    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(STACK);
  });

  it("goes quietly when its reader goes away", async () => {
    const command = PROGRAM.map((word) => `'${word}'`).join(" ");
    const script = `${command} config schema | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run(["/bin/bash", "--norc", "-c", script]);

    expect(stdout).toBe("{\n0\n");
    expect(stderr).toBe("");
    await using child = startProgram(["config", "schema"]);
    child.hangUp();
    expect(await child.finished()).toMatchObject({ status: 0, stderr: "" });
  });
});

describe.concurrent("a bad configuration", () => {
  const commands = [
    ["detect"],
    ["plan"],
    ["sync"],
    ["run"],
    ["doctor"],
    ["status"],
    ["history"],
    ["config", "check"],
  ];

  it.each(commands)("is exit 2 for %s, before any packet", async (...words) => {
    await using lab = await Lab.start();
    const file = lab.write({
      consensus: { qourum: 2 },
      records: [{ name: "home..example", provider: "lba" }],
    });

    const { status, stdout, stderr } = await esddns(["--config", file, ...words]);

    expect(status).toBe(2);
    expect(stdout).toBe("");
    // Every problem at once, each with its line
    expect(stderr).toMatch(/esddns\.yaml:\d+:\d+: .*qourum.*did you mean .*quorum/);
    expect(stderr).toMatch(/esddns\.yaml:\d+:\d+: .*home\.\.example/);
    expect(stderr).not.toMatch(STACK);
    expect(lab.questions).toBe(0);
    expect(lab.dns.requests).toEqual([]);
  });

  it("is one whose quorum cannot be reached, or whose secret is not there", async () => {
    await using lab = await Lab.start();
    const [server] = lab.sources.stun.servers;
    const lonely = lab.write({ sources: { stun: { servers: [server] } } }, "lonely.yaml");
    const first = await esddns(["--config", lonely, "sync"]);
    expect(first.status).toBe(2);
    expect(first.stderr).toMatch(/lonely\.yaml:\d+:\d+: .*quorum/);

    const { key, ...provider } = lab.provider;
    const secret = { file: lab.scratch.at("nowhere") };
    const closed = lab.write({ providers: { lab: { ...provider, key: { ...key, secret } } } }, "closed.yaml");
    const second = await esddns(["--config", closed, "sync"]);
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(/closed\.yaml:\d+:\d+: .*nowhere/);
    expect(lab.questions).toBe(0);
  });

  it("is none at all: every place that was looked at is named", async () => {
    using scratch = new Scratch();
    const env = { HOME: scratch.folder, XDG_CONFIG_HOME: scratch.at("xdg") };
    const { status, stderr } = await esddns(["sync"], { cwd: scratch.folder, env });

    expect(status).toBe(2);
    for (const place of ["esddns.yaml", "dns.ini", "xdg/esddns/esddns.yaml", "/etc/esddns/dns.ini"]) {
      expect(stderr).toContain(place);
    }
  });
});

describe.concurrent("a configuration", () => {
  it("is found in the working directory and in XDG_CONFIG_HOME", async () => {
    await using lab = await Lab.start();
    lab.write();
    mkdirSync(lab.scratch.at("xdg/esddns"), { recursive: true });
    copyFileSync(lab.scratch.at("esddns.yaml"), lab.scratch.at("xdg/esddns/esddns.yaml"));
    using elsewhere = new Scratch();

    const here = await esddns(["config", "check"], { cwd: lab.scratch.folder });
    const there = await esddns(["config", "check"], {
      cwd: elsewhere.folder,
      env: { XDG_CONFIG_HOME: lab.scratch.at("xdg") },
    });

    expect(here).toMatchObject({ status: 0, stdout: "esddns.yaml is fine\n", stderr: "" });
    expect(there.status).toBe(0);
    expect(there.stdout).toContain("xdg/esddns/esddns.yaml is fine");
  });

  it.each(readdirSync(EXAMPLES))("examples/config/%s is fine", async (name) => {
    using scratch = new Scratch();
    scratch.write("gandi-token", "t");
    scratch.write("tsig", "c2VjcmV0");
    scratch.write("smtp-password", "t");
    const names = ["API_KEY", "CLOUDFLARE_TOKEN", "GANDI_TOKEN", "NOIP_PASSWORD", "POWERDNS_API_KEY"];
    const env = {
      ...Object.fromEntries(names.map((key) => [key, "t"])),
      NTFY_TOPIC: "t",
      WEBHOOK_URL: "https://hooks.example.net/t",
      WEBHOOK_SECRET: "0123456789abcdef0123456789abcdef",
      HEALTHCHECKS_URL: "https://hc-ping.com/7b6f3c2e-0000-4000-8000-000000000000",
      TARGET_DOMAIN_FQDN: "example.org",
      RECORD_NAME_ROOT: "@",
      RECORD_TTL: "300",
      RECORD_TYPE_A: "A",
      CREDENTIALS_DIRECTORY: scratch.folder,
    };
    const { status, stdout, stderr } = await esddns(["config", "check", path.join(EXAMPLES, name)], { env });

    const complaints = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("warning: "));
    expect({ status, complaints }).toEqual({ status: 0, complaints: [] });
    expect(stdout).toContain("is fine");
  });

  it("is printed with every default, and without its secrets", async () => {
    await using lab = await Lab.start();
    const providers = { lab: lab.provider, other: { type: "gandi", token: "s3cret-in-plain-text" } };
    const records = [
      { name: NAME, provider: "lab" },
      { name: "home.example.org", provider: "other" },
    ];
    const file = lab.write({ providers, records });

    for (const words of [
      ["config", "print"],
      ["config", "print", "--json"],
      ["config", "check", "--json"],
    ]) {
      const { status, stdout, stderr } = await esddns([...words, file]);
      expect(status).toBe(0);
      expect(stdout + stderr).not.toContain("s3cret");
      expect(stdout + stderr).not.toContain(lab.keySecret);
      if (words.includes("--json")) expect(() => JSON.parse(stdout)).not.toThrow();
    }
    const { stdout } = await esddns(["config", "print", file]);
    expect(stdout).toContain("deadline");
  });
});

describe.concurrent("results", () => {
  it("JSON is on standard output alone, all else on standard error", async () => {
    await using lab = await Lab.start();
    // Plain text gives a warning
    const { key, ...provider } = lab.provider;
    const providers = { lab: { ...provider, key: { ...key, secret: lab.keySecret } } };
    const file = lab.write({ providers });
    const json = async (...words: string[]) => {
      const { status, stdout, stderr } = await esddns(["--config", file, ...words, "--json"]);
      expect(status).toBe(0);
      expect(stderr).toMatch(/ WARNING .*plain text/);
      expect(stderr).not.toContain(lab.keySecret);
      return stdout;
    };

    const detected = parseResult(detectResult, await json("detect"));
    expect(detected).toMatchObject({ ipv4: { kind: "known", address: lab.address() } });
    expect(Object.keys(detected)).toEqual(["ipv4"]);
    expect(parseResult(planResult, await json("plan")).records).toMatchObject([{ decision: "change" }]);
    const dry = await json("sync", "--dry-run");
    expect(
      z
        .looseObject({ withheld: z.array(z.looseObject({ reason: z.literal("dry-run") })) })
        .parse(JSON.parse(dry)).withheld,
    ).toHaveLength(1);
    expect(lab.dns.count("update")).toBe(0);
    await json("sync");
    expect(await valuesAt(lab.nameServer, NAME)).toEqual([lab.address()]);
    const status = parseResult(statusResult, await json("status"));
    expect(status.ipv4).toMatchObject({ kind: "known", address: lab.address() });
    expect(status.records).toMatchObject([
      { name: NAME, type: "A", provider: "lab", published: lab.address() },
    ]);
    expect(parseResult(history, await json("history"))).toMatchObject([
      { record: `${NAME}/A`, before: [], after: [lab.address()], outcome: "applied", reason: "missing" },
    ]);
    const doctor = parseResult(findings, await json("doctor"));
    expect(doctor.findings.filter(({ result }) => result === "problem")).toEqual([]);
  });

  it("status --raw is the JSON of the original", async () => {
    await using lab = await Lab.start();
    const file = lab.write();
    const before = await esddns(["--config", file, "status", "--raw"]);
    expect(JSON.parse(before.stdout)).toMatchObject({
      wan_ip_state: { usable: false, IP: null },
      record_state: { in_sync: false },
    });

    await esddns(["--config", file, "sync"]);
    const { stdout } = await esddns(["--config", file, "status", "--raw"]);

    expect(JSON.parse(stdout)).toEqual({
      wan_ip_state: { usable: true, IP: lab.address() },
      record_state: {
        in_sync: true,
        record_data: {
          rrset_name: expect.any(String),
          rrset_type: "A",
          rrset_ttl: 60,
          rrset_values: [lab.address()],
          rrset_href: null,
        },
      },
      poll_date: expect.stringMatching(/^\d{4}-\d\d-\d\d/),
    });
  });

  it.each(["status", "history"])("%s tells where to look when nothing is written down", async (command) => {
    await using lab = await Lab.start();
    const file = lab.write({ store: false });
    const { status, stdout, stderr } = await esddns(["--config", file, command]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/no store is configured[^]*the dashboard/);
  });

  it("status and history say so where nothing happened yet", async () => {
    await using lab = await Lab.start();
    const file = lab.write();

    expect((await esddns(["--config", file, "status"])).stdout).toContain("was never looked for");
    expect((await esddns(["--config", file, "history"])).stdout).toBe("Nothing was changed yet\n");
  });

  it("doctor finds what is wrong, and writes nothing", async () => {
    await using lab = await Lab.start();
    lab.stun[0]?.behave("silent");
    lab.dns.behave("refused");

    const { status, stdout } = await esddns(["--config", lab.write(), "doctor"]);

    expect(status).toBe(1);
    const lines = stdout.split("\n");
    const port = String(lab.stun[0]?.endpoint.port);
    expect(lines.some((line) => line.startsWith("warn") && line.includes(port))).toBe(true);
    expect(lines.some((line) => line.startsWith("BAD") && line.includes("provider lab"))).toBe(true);
    expect(lab.dns.count("update")).toBe(0);
  });
});

describe.concurrent("the doctor", () => {
  it("is content while enough operators answer, whoever does not", async () => {
    await using lab = await Lab.start();
    lab.stun[0]?.behave("silent");

    const { status, stdout } = await esddns(["--config", lab.write(), "doctor"]);

    expect(stdout).toMatch(/^warn IPv4 stun:/m);
    expect(status).toBe(0);
  });
});

describe.concurrent("the lab", () => {
  it("is a world to try things in, until it is ended", async () => {
    await using lab = startProgram(["lab", "--alone", "--json"]);
    const facts = (line = 0) =>
      lab.until("its facts", () => {
        const text = lab.stdout.split("\n").slice(0, -1)[line];
        return text === undefined ? undefined : labFacts.parse(JSON.parse(text));
      });
    const { config, dns, addresses } = await facts();

    expect((await esddns(["--config", config, "sync"])).status).toBe(0);
    expect(await valuesAt(dns, NAME)).toEqual(addresses.slice(0, 1));
    lab.stdin.write("move\n");
    const moved = await facts(1);
    expect(moved.addresses).not.toEqual(addresses);
    const plan = await esddns(["--config", config, "plan", "--exit-code"]);
    expect(plan.status).toBe(5);
    expect(plan.stdout).toContain(`→ ${moved.addresses[0]}`);

    lab.signal("SIGINT");
    expect(await lab.exit).toEqual({ status: 0, signal: null });
    expect((await esddns(["--config", config, "plan"])).status).toBe(2);
  });

  it("shows the whole way by itself in a demo without a terminal", async () => {
    const { status, stdout, stderr } = await esddns(["demo", "--once"]);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/dig @127\.0\.0\.1 -p \d+ home\.lab\.example A/);
    expect(stdout).toMatch(/the record followed after \d+ ms\n$/);
  });

  it("says that its dashboard is not where it usually is", async () => {
    const server = createServer().listen(51_339, "127.0.0.1");
    // Whoever has it already is as good as we are
    await once(server, "listening").catch(() => {});
    const { stdout } = await esddns(["demo", "--once"]);
    server.close();

    expect(stdout).toMatch(/dashboard: http:\/\/127\.0\.0\.1:\d+\/ \(port 51339 is taken\)\n/);
  });

  it("takes its files away when the terminal's window is closed", async () => {
    using scratch = new Scratch();
    const terminal = new Child(["script", "-qc", [...PROGRAM, "demo"].join(" "), "/dev/null"], {
      env: { ...BARE_ENVIRONMENT, TMPDIR: scratch.folder, TERM: "xterm" },
    });
    await terminal.until("the demo's screen", () => terminal.stdout.includes("q ends"));
    expect(readdirSync(scratch.folder)).toHaveLength(1);
    terminal.signal("SIGKILL");

    await until("its files to be gone", () => readdirSync(scratch.folder).length === 0);
  });

  it("does so from the sources as well, as `npm start` has it", async () => {
    const { status, stdout } = await run([process.execPath, MAIN, "demo", "--once"]);

    expect(status).toBe(0);
    expect(stdout).toContain("the record followed");
  });
});

const history = z.array(
  z.strictObject({
    at: z.iso.datetime(),
    record: z.string(),
    provider: z.string(),
    before: z.array(z.string()),
    after: z.array(z.string()),
    reason: z.string(),
    outcome: z.string(),
    words: z.string().optional(),
    tookMs: z.number(),
    convergedMs: z.number().nullable(),
    sightMs: z.number().nullable(),
    operators: z.array(z.string()).nullable(),
  }),
);

const findings = z.strictObject({
  findings: z.array(
    z.strictObject({ result: z.enum(["ok", "problem", "warning"]), subject: z.string(), words: z.string() }),
  ),
});

const labFacts = z.looseObject({
  config: z.string(),
  dns: z.strictObject({ address: z.string(), port: z.number() }),
  addresses: z.array(z.string()),
});
