import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { DaemonDashboard } from "../daemon-dashboard.ts";
import { type Config, Lab, NAME, ZONE } from "../lab.ts";
import { esddns } from "../program.ts";
import { until } from "../until.ts";

const PAGES = [
  "/",
  "/history",
  "/plan",
  "/sources",
  "/providers",
  "/doctor",
  "/configuration",
  "/api",
  "/raw",
  "/metrics",
  "/healthz",
  "/sign-in",
  "/nothing",
];

/** Values that nobody may ever see again, by where they were put. */
class Canaries {
  readonly #values = new Map<string, string>();

  sing(name: string): string {
    const value = `canary${randomBytes(16).toString("hex")}`;
    this.#values.set(name, value);
    // A piece of a secret is a secret
    this.#values.set(`a piece of ${name}`, value.slice(0, 14));
    return value;
  }

  /** Of a text that is a secret as a whole. */
  guard(name: string, value: string): string {
    this.#values.set(name, value);
    return value;
  }

  /** Those in the text, plain or in an encoding in which secrets travel. */
  in(text: string): readonly string[] {
    return [...this.#values]
      .filter(([, value]) => {
        const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
        const hex = Buffer.from(value).toString("hex");
        return [value, base64, hex, encodeURIComponent(value)].some((form) => text.includes(form));
      })
      .map(([name]) => name);
  }
}

/**
 * Refuses everything, and in its answer says all that it was told: vendors do that. Each time from another place on, so
 * that what is shortened is cut in the middle of a secret, too.
 */
async function startParrot(): Promise<{ readonly server: Server; readonly origin: string; heard: number }> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { authorization, "x-gotify-key": key, "x-key": other } = request.headers;
      const padding = "-".repeat((parrot.heard * 13) % 190);
      parrot.heard += 1;
      const message = [padding, key, authorization, other, request.url, body].join(" ");
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const origin = `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`;
  const parrot = { server, origin, heard: 0 };
  return parrot;
}

describe("secrets", () => {
  const canaries = new Canaries();
  const operate = canaries.sing("service.tokens.operate");
  const environment = {
    CANARY_TOKEN: canaries.sing("providers.gandi.token, by environment"),
    CANARY_HEADER: canaries.sing("notify.hook.headers, by environment"),
    HTTPS_PROXY: `http://me:${canaries.sing("a proxy's password")}@127.0.0.1:9`,
  };
  let lab: Lab;
  let gandi: GandiEmulator;
  let parrot: Awaited<ReturnType<typeof startParrot>>;
  let dashboard: DaemonDashboard;
  let config: Config;

  beforeAll(async () => {
    lab = await Lab.start();
    parrot = await startParrot();
    gandi = new GandiEmulator({ zones: [ZONE], token: environment.CANARY_TOKEN });
    await gandi.listen();
    canaries.guard("providers.lab.key.secret", lab.keySecret);
    const hash = await esddns(["password"], { input: `${canaries.sing("the password")}\n` });
    config = {
      providers: {
        lab: lab.provider,
        gandi: { type: "gandi", endpoint: gandi.endpoint, token: { env: "CANARY_TOKEN" } },
        parrot: { type: "gandi", endpoint: parrot.origin, token: canaries.sing("providers.parrot.token") },
      },
      records: [
        { name: NAME, provider: "lab", ttl: 60 },
        { name: `office.${ZONE}`, provider: "gandi" },
        { name: `attic.${ZONE}`, provider: "parrot" },
      ],
      notify: {
        hook: {
          type: "webhook",
          url: `${parrot.origin}/${canaries.sing("notify.hook.url")}`,
          headers: { "x-key": canaries.sing("notify.hook.headers"), authorization: { env: "CANARY_HEADER" } },
          secret: canaries.sing("notify.hook.secret"),
        },
        gotify: { type: "gotify", server: parrot.origin, token: canaries.sing("notify.gotify.token") },
        ntfy: { type: "ntfy", server: parrot.origin, topic: canaries.sing("notify.ntfy.topic") },
        mail: {
          type: "email",
          server: "127.0.0.1",
          port: 9,
          username: "me",
          password: canaries.sing("notify.mail.password"),
          from: "esddns@lab.example",
          to: ["me@lab.example"],
        },
      },
      service: {
        listen: "127.0.0.1:0",
        password: canaries.guard("service.password", hash.stdout.trim()),
        tokens: [
          { name: "program", scopes: ["operate"], token: operate },
          { name: "widget", token: canaries.sing("service.tokens.read") },
        ],
      },
      log: { level: "debug", format: "json" },
    };
    dashboard = await DaemonDashboard.start(lab, config, { env: environment });
    await lab.follows();
    lab.move();
    await lab.follows();
    await until("the other account", () => gandi.get(ZONE, "office", "A")?.rrset_values[0] === lab.address());
    await until("every notifier to be used", () => parrot.heard > 3);
  });

  afterAll(async () => {
    await dashboard[Symbol.asyncDispose]();
    await gandi.close();
    parrot.server.close();
    parrot.server.closeAllConnections();
    await lab[Symbol.asyncDispose]();
  });

  const authorization = `Bearer ${operate}`;

  async function ask(where: string, options: RequestInit = {}): Promise<string> {
    const headers = { authorization, ...Object.fromEntries(new Headers(options.headers)) };
    const answer = await fetch(dashboard.at(where), { ...options, headers });
    const head = JSON.stringify([...answer.headers]);
    return `${answer.status} ${head}\n${await answer.text()}`;
  }

  it("are used: the canaries would be found where they belong", () => {
    const file = readFileSync(lab.scratch.at("esddns.yaml"), "utf8");
    expect(canaries.in(file).length).toBeGreaterThan(9);
    expect(gandi.get(ZONE, "office", "A")?.rrset_values).toEqual([lab.address()]);
  });

  it.each(PAGES)("are on no page: %s", async (where) => {
    for (const accept of ["text/html", "application/json"]) {
      const text = await ask(where, { headers: { accept } });
      expect(text.length).toBeGreaterThan(100);
      expect(canaries.in(text)).toEqual([]);
    }
  });

  it("are in no answer of the API", async () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(
        await (await fetch(dashboard.at("/api/v1/openapi.json"), { headers: { authorization } })).json(),
      );
    const reads = Object.entries(paths).flatMap(([where, methods]) =>
      "get" in methods && where !== "/api/v1/events" ? [where] : [],
    );
    expect(reads.length).toBeGreaterThan(9);
    for (const where of reads) {
      const family = /measures|episodes/.test(where) ? "?family=4" : "";
      const text = await ask(`${where}${family}`);
      expect([where, canaries.in(text)]).toEqual([where, []]);
    }
    const json = { "content-type": "application/json" };
    for (const where of ["/api/v1/round?wait=1", "/api/v1/doctor", "/api/v1/plan/apply"]) {
      const text = await ask(where, {
        method: "POST",
        headers: json,
        body: JSON.stringify({ plan: operate }),
      });
      expect([where, canaries.in(text)]).toEqual([where, []]);
    }
  });

  it("are in no event", async () => {
    const ended = AbortSignal.timeout(3000);
    const answer = await fetch(dashboard.at("/api/v1/events"), { headers: { authorization }, signal: ended });
    let text = "";
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => {});
    await ask("/api/v1/round?wait=1", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    await reading;
    expect(text).toContain("event: round-ended");
    expect(canaries.in(text)).toEqual([]);
  });

  it.each(["hook", "gotify", "ntfy", "mail"])(
    "are not in what became of a test message: %s",
    async (name) => {
      const text = await ask("/notifications/test", {
        method: "POST",
        headers: { accept: "application/json" },
        body: new URLSearchParams({ name }),
      });
      expect(text).toMatch(/did not get its test message/);
      expect(canaries.in(text)).toEqual([]);
    },
  );

  it("are not told when they are in the wrong place of the file", async () => {
    const wrong: Config = {
      ...config,
      providers: {
        gandi: { type: "gandi", tokn: canaries.sing("a key with a slip"), token: { envv: operate } },
      },
      service: { listen: "127.0.0.1:0", password: canaries.sing("a password that was not hashed") },
      notify: { hook: { type: "webhook", url: `htp://${canaries.sing("a URL that is none")}` } },
    };
    lab.write(wrong);
    for (const where of ["/configuration", "/api/v1/config"]) {
      const text = await ask(where);
      expect(text).toMatch(/tokn/);
      expect([where, canaries.in(text)]).toEqual([where, []]);
    }
    dashboard.daemon.signal("SIGHUP");
    await dashboard.daemon.says("The new configuration cannot be used");
    const { stdout, stderr } = await esddns(["--config", lab.scratch.at("esddns.yaml"), "config", "check"]);
    expect(stderr + stdout).toMatch(/tokn/);
    expect(canaries.in(stderr + stdout)).toEqual([]);
    lab.write(config);
  });

  it("are not printed", async () => {
    for (const words of [["config", "print"], ["config", "check"], ["status"], ["history"]]) {
      const { stdout, stderr } = await esddns(["--config", lab.scratch.at("esddns.yaml"), ...words], {
        env: environment,
      });
      expect([words, canaries.in(stdout + stderr)]).toEqual([words, []]);
    }
  });

  it("are in no line of the log, at any level", () => {
    expect(dashboard.daemon.log).toContain('"level":"debug"');
    expect(canaries.in(dashboard.daemon.log)).toEqual([]);
  });

  it("are in no file of the store", () => {
    const files = readdirSync(lab.scratch.folder)
      .map((name) => path.join(lab.scratch.folder, name))
      .filter((file) => statSync(file).isFile() && path.basename(file).startsWith("esddns.db"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(canaries.in(readFileSync(file, "latin1"))).toEqual([]);
  });

  it("are not in what a crash leaves behind", async () => {
    const bug = 'setTimeout(() => { throw new Error("a bug that nobody caught") }, 1500)';
    const folder = lab.scratch.folder;
    const before = new Set(readdirSync(folder));
    const file = lab.write({ ...config, store: false }, "crash.yaml");
    const env = { ...environment, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(bug)}` };
    const { stderr, stdout, status } = await esddns(["--config", file, "run"], { env, cwd: folder });
    expect(status).not.toBe(0);
    expect(stderr).toContain("a bug that nobody caught");
    expect(canaries.in(stderr + stdout)).toEqual([]);
    const left = readdirSync(folder).filter((name) => !before.has(name) && name !== "crash.yaml");
    expect(left).toEqual([]);
  });
});
