import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type EchoServer, startEchoServer } from "#lab/echo-server.ts";
import { type StunServer, startStunServer } from "#lab/stun-server.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { literal, loopback } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { Scratch } from "../scratch.ts";
import { until } from "../until.ts";

const ZONE = "example.org";
/** The original knows no other but public addresses. */
const ADDRESS = "44.128.10.77";
const NEXT_ADDRESS = "44.128.10.78";
const BEFORE = "44.128.10.76";
const TIME = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}`;

/** What a user of the original has: public lists of STUN servers, check services, an account at Gandi. */
class Original implements AsyncDisposable {
  readonly scratch = new Scratch();
  readonly stack = new AsyncDisposableStack();
  readonly stun: readonly StunServer[];
  readonly services: readonly EchoServer[];
  readonly gandi: GandiEmulator;
  readonly listPort: number;
  readonly #now: { address: string };

  private constructor(
    stun: readonly StunServer[],
    services: readonly EchoServer[],
    gandi: GandiEmulator,
    listPort: number,
    now: { address: string },
  ) {
    this.stun = stun;
    this.services = services;
    this.gandi = gandi;
    this.listPort = listPort;
    this.#now = now;
  }

  static async start(): Promise<Original> {
    const now = { address: ADDRESS };
    const options = { address: loopback(4), publicAddress: () => literal(now.address) };
    const stun = await Promise.all([1, 2, 3].map(() => startStunServer(options)));
    const services = await Promise.all([1, 2].map(() => startEchoServer(options)));
    const gandi = new GandiEmulator({ zones: [ZONE], token: "no token", apiKey: "s3cret-api-key" });
    gandi.seed(ZONE, "home", "A", [BEFORE], 300);
    await gandi.listen();
    const list = stun.map(({ endpoint }) => `127.0.0.1:${endpoint.port}\n`).join("");
    const lists = createServer((_, response) => response.end(list)).listen(0, "127.0.0.1");
    await once(lists, "listening");
    const bound = lists.address();
    const original = new Original(
      stun,
      services,
      gandi,
      typeof bound === "object" ? (bound?.port ?? 0) : 0,
      now,
    );
    original.stack.defer(() => void lists.close());
    for (const server of [...stun, ...services, gandi]) original.stack.defer(() => server.close());
    original.stack.use(original.scratch);
    return original;
  }

  moveTo(address: string): void {
    this.#now.address = address;
  }

  get record(): readonly string[] | undefined {
    return this.gandi.get(ZONE, "home", "A")?.rrset_values;
  }

  get env(): Readonly<Record<string, string>> {
    return {
      HOME: this.scratch.folder,
      STATE_DIRECTORY: this.scratch.folder,
      XDG_CACHE_HOME: this.scratch.at("cache"),
      API_KEY: "s3cret-api-key",
      RECORD_NAME_ROOT: "home",
      RECORD_TTL: "300",
      RECORD_TYPE_A: "A",
      TARGET_DOMAIN_FQDN: ZONE,
    };
  }

  /** @param sections of STUN and HTTP, those that the user has */
  write(sections: readonly string[]): string {
    const text = `[gandi]
api_key = API_KEY
api_url_base = ${this.gandi.endpoint}
record_name_root = RECORD_NAME_ROOT
record_ttl = RECORD_TTL
record_type_a = RECORD_TYPE_A
target_domain_fqdn = TARGET_DOMAIN_FQDN

[ESDDNS]
daemon_thread_interval = 10
msg_dns_update = "Updating to {}"

${sections.join("\n")}`;
    return this.scratch.write("dns.ini", text);
  }

  stunSection(transports: readonly string[] = ["udp", "tcp"]): string {
    const lists = transports.map(
      (transport) => `${transport}_host_list_url = http://127.0.0.1:${this.listPort}/valid_${transport}.txt`,
    );
    return [
      "[STUNConfig]",
      ...lists,
      "bind_request = 1",
      "magic_cookie = 554869826",
      "xor_mapped_address = 32",
    ]
      .concat("udp_limit = 2", "tcp_limit = 2", "retry_attempts = 3", "retry_cooldown_seconds = 1", "")
      .join("\n");
  }

  get httpSection(): string {
    const urls = this.services.map(({ url }) => `"${url.href}"`);
    return `[WANIPState]
ip_check_services = {"svc": [
    ${urls.join(",\n    ")}
    ]}
retry_attempts = 3
retry_cooldown_seconds = 1
`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

describe.concurrent("with the dns.ini of the original", () => {
  it("STUN and HTTP: the record follows, and the log has the original's lines", async () => {
    await using original = await Original.start();
    const { env } = original;
    await using daemon = await Daemon.start(original.write([original.stunSection(), original.httpSection]), {
      env,
    });
    await until("the record", () => original.record?.join() === ADDRESS);

    const ports = `(${original.stun.map(({ endpoint }) => endpoint.port).join("|")})`;
    const url = original.services[0]?.url.href.replaceAll(".", String.raw`\.`);
    await daemon.says("your WAN IPv4");
    for (const line of [
      `INFO STUN protocol enabled for IP discovery$`,
      `INFO HTTP-based IP services enabled$`,
      String.raw`INFO Loaded 3 hosts from http://127\.0\.0\.1:\d+/valid_udp\.txt$`,
      String.raw`INFO \[stun\] Fetching IP via STUN protocol\.\.\.$`,
      String.raw`INFO \[UDP\] 127\.0\.0\.1:${ports} → Public IP: ${ADDRESS}, Port: \d+$`,
      String.raw`INFO \[TCP\] 127\.0\.0\.1:${ports} → Public IP: ${ADDRESS}, Port: \d+$`,
      String.raw`INFO \[stun\] Successfully obtained IP: ${ADDRESS} from stun:127\.0\.0\.1:${ports}:udp$`,
      String.raw`INFO SUCCESS: STUN returned ${ADDRESS} from stun:`,
      String.raw`INFO SUCCESS: ${url} Returned: ${ADDRESS} as your WAN IPv4$`,
      `INFO SUCCESS: IPv4 addresses from external services match!$`,
    ]) {
      expect(daemon.log).toMatch(new RegExp(`${TIME} ${line}`, "m"));
    }
    // Which of them, is left to chance
    expect(original.stun.flatMap(({ requests }) => requests).length).toBeGreaterThan(0);

    original.moveTo(NEXT_ADDRESS);
    daemon.signal("SIGUSR1");
    await until("the record to follow", () => original.record?.join() === NEXT_ADDRESS);
    expect(daemon.log).not.toContain("s3cret-api-key");
    expect((await daemon.stop()).status).toBe(0);
    const { stdout } = await esddns(["--config", original.scratch.at("dns.ini"), "status", "--raw"], { env });
    expect(rawState.parse(JSON.parse(stdout))).toMatchObject({
      wan_ip_state: { usable: true, IP: NEXT_ADDRESS },
      record_state: {
        in_sync: true,
        record_data: { rrset_type: "A", rrset_ttl: 300, rrset_values: [NEXT_ADDRESS] },
      },
    });
  });

  it("only [STUNConfig]: STUN alone is asked", async () => {
    await using original = await Original.start();
    const { env } = original;
    await using daemon = await Daemon.start(original.write([original.stunSection(["udp"])]), { env });
    await until("the record", () => original.record?.join() === ADDRESS);

    expect(daemon.log).toContain("STUN protocol enabled for IP discovery");
    expect(daemon.log).not.toContain("HTTP-based IP services enabled");
    expect(original.services.flatMap(({ requests }) => requests)).toEqual([]);
  });

  it("only [WANIPState]: web services alone are asked", async () => {
    await using original = await Original.start();
    const { env } = original;
    await using daemon = await Daemon.start(original.write([original.httpSection]), { env });
    await until("the record", () => original.record?.join() === ADDRESS);

    expect(daemon.log).toContain("HTTP-based IP services enabled");
    expect(daemon.log).not.toContain("STUN protocol enabled");
    expect(original.stun.flatMap(({ requests }) => requests)).toEqual([]);
  });

  it("neither section: a clear error", async () => {
    await using original = await Original.start();
    const { status, stderr } = await esddns(["--config", original.write([]), "run"], { env: original.env });

    expect(status).toBe(2);
    expect(stderr).toContain("neither [STUNConfig] nor [WANIPState]");
    expect(original.gandi.log).toEqual([]);
  });

  it("one answer is enough when the others fail, and a server without an address never counts", async () => {
    await using original = await Original.start();
    const { env } = original;
    for (const server of original.stun) server.behave("no-address");
    original.services[0]?.behave("error-500");
    await using daemon = await Daemon.start(original.write([original.stunSection(), original.httpSection]), {
      env,
    });
    await until("the record", () => original.record?.join() === ADDRESS);

    await daemon.says(/ WARNING \[TCP\] 127\.0\.0\.1:\d+ → XOR-MAPPED-ADDRESS not found in response\.$/);
    await daemon.says(/ INFO SUCCESS: At least one IPv4 was collected!$/);
  });

  it("a mismatch is critical: nothing is changed, and the daemon goes on", async () => {
    await using original = await Original.start();
    const { env } = original;
    original.services[0]?.behave("liar");
    const file = original.write([original.httpSection]);
    await using daemon = await Daemon.start(file, { env });
    await daemon.says(/ CRITICAL: Mismatch in IPv4 addresses/);

    expect(original.record).toEqual([BEFORE]);
    expect(daemon.child.ended).toBeUndefined();
    const single = await esddns(["--config", file, "sync"], { env });
    expect(single.status).toBe(3);
    original.services[0]?.behave("honest");
    daemon.signal("SIGUSR1");
    await until("the record", () => original.record?.join() === ADDRESS);
  });

  it("on_mismatch = exit: the daemon ends as the original did", async () => {
    await using original = await Original.start();
    original.services[0]?.behave("liar");
    const file = original.write([`${original.httpSection}on_mismatch = exit\n`]);
    await using daemon = await Daemon.start(file, { env: original.env });

    expect(await daemon.child.exit).toEqual({ status: 1, signal: null });
    expect(daemon.log).toContain("CRITICAL: Mismatch in IPv4 addresses");
    expect(original.record).toEqual([BEFORE]);
  });

  it("three attempts with a longer pause before each, then critical; the record stays", async () => {
    await using original = await Original.start();
    for (const server of original.stun) server.behave("error");
    const file = original.write([original.stunSection(["udp"])]);
    await using daemon = await Daemon.start(file, { env: original.env });

    await daemon.says(/ INFO \[stun\] RETRY: Attempt #2\.\.\.$/);
    const secondAt = performance.now();
    await daemon.says(/ INFO \[stun\] RETRY: Attempt #3\.\.\.$/);
    expect(performance.now() - secondAt).toBeGreaterThan(900);
    await daemon.says("CRITICAL");
    expect(original.gandi.writes).toBe(0);
    expect(original.record).toEqual([BEFORE]);
  });

  it("log_file gets the lines, and with log_to_console = False the console none", async () => {
    await using original = await Original.start();
    const log = "[log]\nlog_file = esddns.log\nlog_to_console = False\n";
    const file = original.write([original.httpSection, log]);
    await using daemon = Daemon.starting(file, { env: original.env });
    await until("the record", () => original.record?.join() === ADDRESS);

    expect(daemon.log).toBe("");
    expect(readFileSync(original.scratch.at("esddns.log"), "utf8")).toContain(
      "HTTP-based IP services enabled",
    );
  });

  it("config import makes a YAML file of it that means the same", async () => {
    await using original = await Original.start();
    const { env } = original;
    const file = original.write([original.stunSection(), original.httpSection]);

    const imported = await esddns(["config", "import", file], { env });
    expect(imported.status).toBe(0);
    expect(imported.stdout).not.toContain("s3cret-api-key");
    const yaml = original.scratch.write("imported.yaml", imported.stdout);
    expect(await esddns(["config", "check", yaml], { env })).toMatchObject({ status: 0 });
    const plans = await Promise.all(
      [file, yaml].map((config) => esddns(["--config", config, "plan", "--exit-code"], { env })),
    );
    expect(plans.map(({ status }) => status)).toEqual([5, 5]);
    const changes = plans.map(({ stdout }) => stdout.split("\n").find((line) => line.startsWith("~")));
    expect(changes[0]).toContain(`${BEFORE} → ${ADDRESS}`);
    expect(changes[1]).toBe(changes[0]);
  });
});

const rawState = z.strictObject({
  wan_ip_state: z.strictObject({ usable: z.boolean(), IP: z.ipv4().nullable() }),
  record_state: z.strictObject({
    in_sync: z.boolean(),
    record_data: z.strictObject({
      rrset_name: z.string(),
      rrset_type: z.string(),
      rrset_ttl: z.number().nullable(),
      rrset_values: z.array(z.ipv4()),
      rrset_href: z.string().nullable(),
    }),
  }),
  poll_date: z.string(),
});
