import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPeer } from "../peer-process.ts";
import { writeConfig } from "../lab.ts";
import { esddns } from "../program.ts";
import { missing, peerPath } from "../require-peer.ts";
import { Scratch } from "../scratch.ts";
import { type Coturn, issueFor, startCoturn } from "./coturn.ts";
import { detectResult, parseResult } from "./results.ts";

interface Server {
  readonly host: string;
  readonly port: number;
  readonly operator: string;
  readonly transport?: "tcp" | "tls" | "udp";
}

describe.skipIf(missing("turnserver"))("STUN against coturn", () => {
  const stack = new AsyncDisposableStack();
  let scratch: Scratch;
  let caFile: string;
  let plain: readonly Coturn[] = [];
  let secure: Coturn;
  let six: Coturn;

  beforeAll(async () => {
    scratch = stack.use(new Scratch());
    const { caPem, certificate } = issueFor("right.localhost");
    caFile = scratch.write("ca.pem", caPem);
    // Each in a network of its own, as independent servers are
    const addresses = ["127.11.1.1", "127.22.2.2", "127.33.3.3"];
    [secure, six, ...plain] = await Promise.all([
      startCoturn(scratch, "127.0.0.1", certificate),
      startCoturn(scratch, "::1"),
      ...addresses.map((address) => startCoturn(scratch, address)),
    ]);
    for (const { child } of [secure, six, ...plain]) stack.use(child);
  });
  afterAll(() => stack.disposeAsync());

  function plainServers(transport: "tcp" | "udp" = "udp"): readonly Server[] {
    const operators = ["alpha", "bravo", "charlie"];
    return plain.map(({ address, port }, index) => ({
      host: address,
      port,
      transport,
      operator: operators[index] ?? "",
    }));
  }

  async function detect(
    servers: readonly Server[],
    { family = "4", quorum = servers.length }: { readonly family?: string; readonly quorum?: number } = {},
  ) {
    const config = {
      providers: { none: { type: "memory" } },
      records: [{ name: "home.example.org", types: ["A", "AAAA"], provider: "none" }],
      sources: { stun: { servers, rto: "100ms" } },
      consensus: { quorum, deadline: "2s", allowRanges: ["127.0.0.0/8", "::1/128"] },
      store: false,
      tls: { caFile },
    };
    const file = writeConfig(scratch, config, `${crypto.randomUUID()}.yaml`);
    const words = ["--config", file, "detect", "--family", family, "--json", "--explain"];
    const { status, stdout, stderr } = await esddns(words);
    return { status, stderr, ...parseResult(detectResult, stdout) };
  }

  describe.each(["udp", "tcp"] as const)("over %s", (transport) => {
    it("hears the same address of every server", async () => {
      const { status, ipv4 } = await detect(plainServers(transport));

      const ids = plain.map(({ address, port }) => `stun:${address}:${port}:${transport}`);
      expect(status).toBe(0);
      expect(ipv4).toMatchObject({ kind: "known", address: "127.0.0.1", basis: "quorum", against: [] });
      expect(ipv4?.for).toEqual(ids.toSorted());
      expect(ipv4?.observations?.map(({ result }) => result)).toEqual(["seen", "seen", "seen"]);
    });

    it("hears it over IPv6", async () => {
      const server = { host: "::1", port: six.port, transport, operator: "delta" };
      const { status, ipv6 } = await detect([server], { family: "6" });

      expect(status).toBe(0);
      expect(ipv6).toMatchObject({
        kind: "known",
        address: "::1",
        for: [`stun:[::1]:${six.port}:${transport}`],
      });
    });
  });

  it("hears it over TLS, of a server that has proved its name", async () => {
    const server = {
      host: "right.localhost",
      port: secure.tlsPort,
      transport: "tls",
      operator: "delta",
    } as const;
    const { status, ipv4 } = await detect([server]);

    expect(status).toBe(0);
    expect(ipv4).toMatchObject({ kind: "known", address: "127.0.0.1" });
    expect(ipv4?.observations).toMatchObject([{ result: "seen", authenticated: true }]);
  });

  it("does not listen to a server whose certificate is for another name", async () => {
    const server = {
      host: "wrong.localhost",
      port: secure.tlsPort,
      transport: "tls",
      operator: "delta",
    } as const;
    const { status, ipv4 } = await detect([server]);

    expect(status).toBe(4);
    expect(ipv4).toMatchObject({ kind: "unavailable", for: [] });
    expect(ipv4?.observations).toMatchObject([{ result: "failed", authenticated: true }]);
    expect(ipv4?.observations?.[0]?.message).toMatch(/certificate/i);
  });

  it("does without a server that is dead, and says that it is", async () => {
    const { child, port } = await startCoturn(scratch, "127.44.4.4");
    await child.stop();
    const servers = [...plainServers().slice(1), { host: "127.44.4.4", port, operator: "delta" }];

    const enough = await detect(servers, { quorum: 2 });
    expect(enough.status).toBe(0);
    expect(enough.ipv4?.for).toHaveLength(2);

    const tooFew = await detect(servers, { quorum: 3 });
    expect(tooFew.status).toBe(4);
    const corpse = tooFew.ipv4?.observations?.find(({ witness }) => witness.includes("127.44.4.4"));
    expect(corpse).toMatchObject({ result: "failed", operator: "delta" });
  });

  it("needs as many operators as the quorum says, not as many servers", async () => {
    const alphas = plainServers().map((server) => ({ ...server, operator: "alpha" }));
    const dead = { host: "127.44.4.4", port: 1, operator: "bravo" };
    const { status, ipv4 } = await detect([...alphas, dead], { quorum: 2 });

    expect(status).toBe(4);
    expect(ipv4).toMatchObject({ kind: "unavailable", reason: "too-few" });
  });

  it("does not believe loopback without allowRanges", async () => {
    const config = {
      providers: { none: { type: "memory" } },
      records: [{ name: "home.example.org", provider: "none" }],
      sources: { stun: { servers: plainServers() } },
      store: false,
    };
    const file = writeConfig(scratch, config);
    const { status, stdout } = await esddns(["--config", file, "detect", "--json", "--explain"]);

    expect(status).toBe(4);
    const { ipv4 } = parseResult(detectResult, stdout);
    expect(ipv4?.observations).toHaveLength(3);
    for (const observation of ipv4?.observations ?? [])
      expect(observation).toMatchObject({ result: "rejected", reason: "loopback" });
  });

  it.skipIf(missing("stund"))("understands a server of RFC 3489", async () => {
    const started = await startPeer({
      address: "127.55.5.5",
      ports: 2,
      start: ([port, other]) => [
        peerPath("stund"),
        "-v",
        "-h",
        "127.55.5.5",
        "-a",
        "127.55.5.6",
        "-p",
        `${port}`,
        "-o",
        `${other}`,
      ],
      isReady: (_, { stdout, stderr }) => (stdout + stderr).split("Opened port").length > 4,
    });
    await using server = started.child;
    const { status, ipv4 } = await detect([
      { host: "127.55.5.5", port: started.ports[0] ?? 0, operator: "old" },
    ]);

    expect(server.ended).toBeUndefined();
    expect(status).toBe(0);
    expect(ipv4).toMatchObject({ kind: "known", address: "127.0.0.1" });
  });
});
