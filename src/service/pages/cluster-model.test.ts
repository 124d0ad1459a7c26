import { describe, expect, it } from "vitest";
import { clusterModel } from "#service/pages/cluster-model.ts";
import type { ClusterState } from "#state/cluster.ts";
import { agent, clusterState, sharedAddress, sharedRecord } from "#testing/cluster-state.ts";

const NOW = new Date("2026-03-14T08:00:00Z");
const ago = (span: number) => new Date(NOW.getTime() - span);
const MINUTE = 60_000;

function modelOf(state: Partial<ClusterState> = {}) {
  return clusterModel(clusterState(NOW, state), NOW);
}

const wordsOf = (state: Partial<ClusterState>) => modelOf(state).troubles.map(({ words }) => words);

describe("the cluster at a glance", () => {
  it("says who leads, what this pod does, and what is shared", () => {
    expect(modelOf()).toMatchObject({
      headline: "node-1 leads",
      role: { word: "follows", sentence: expect.stringMatching(/^It takes the leader's word/) },
      troubles: [],
      shared: {
        addresses: [
          { label: "IPv4", text: "44.128.10.77" },
          { label: "IPv6", text: "2a10:ed1:77::1" },
        ],
        isCurrent: true,
        by: "node-1",
      },
      balancer: { mark: "ok", words: "DNS points at the Service “esddns”." },
    });
  });

  it.each<readonly [string, Partial<ClusterState>]>([
    ["node-2 leads", { role: { kind: "leading" }, holder: "esddns-7xk2p_1" }],
    ["Nobody leads", { holder: "" }],
    ["esddns-other leads", { holder: "esddns-other_ab12" }],
    ["node-2 is on its own", { role: { kind: "alone", because: "absent" } }],
    ["Every node for itself", { role: { kind: "independent" }, shared: undefined, holder: "" }],
  ])("%s", (headline, state) => {
    expect(modelOf(state).headline).toBe(headline);
  });

  it("shares nothing where every node has records of its own, and misses no leader", () => {
    const { isShared, troubles, role } = modelOf({
      role: { kind: "independent" },
      shared: undefined,
      holder: "",
      isWatching: false,
    });
    expect([isShared, troubles]).toEqual([false, []]);
    expect(role.sentence).toContain("records of its own");
  });
});

describe("what to do", () => {
  it.each<readonly [string, Partial<ClusterState>, RegExp, string | undefined]>([
    [
      "the API server does not answer",
      { role: { kind: "alone", because: "unreachable" } },
      /^The API server does not answer this pod/,
      "kubectl get --raw /readyz",
    ],
    [
      "it could not renew the Lease",
      { role: { kind: "alone", because: "unrenewed" } },
      /^This pod led and could not renew the Lease “esddns-leader”/,
      "kubectl -n esddns-system logs esddns-7xk2p",
    ],
    [
      "there is no shared address",
      { role: { kind: "alone", because: "absent" }, shared: undefined },
      /^Nobody has written a shared address to the ConfigMap “esddns-wan-ip”/,
      "kubectl -n esddns-system logs esddns-q4mzt",
    ],
    [
      "somebody else has written to it",
      { role: { kind: "alone", because: "malformed" }, shared: undefined },
      /says something that no leader wrote/,
      "kubectl -n esddns-system get configmap esddns-wan-ip -o yaml --show-managed-fields",
    ],
    [
      "it is too old",
      {
        role: { kind: "alone", because: "stale" },
        shared: sharedAddress(NOW, { isStale: true, detectedAt: ago(25 * MINUTE) }),
      },
      /^What the leader tells is 25 min old/,
      "kubectl -n esddns-system get lease,pods -o wide",
    ],
    [
      "nobody leads",
      { holder: "" },
      /^Nobody holds the Lease “esddns-leader”/,
      "kubectl -n esddns-system describe lease esddns-leader",
    ],
    ["the watch is closed", { isWatching: false }, /does not hear of changes/, undefined],
    [
      "a node is silent",
      { agents: [agent(NOW, "node-4", "esddns-v2r8w", { isStale: true, lastWord: ago(13 * MINUTE) })] },
      /^node-4 gave no sign of life for 13 min\.$/,
      "kubectl -n esddns-system get pods -o wide --field-selector spec.nodeName=node-4",
    ],
  ])("when %s", (_when, state, words, command) => {
    const found = modelOf(state).troubles.find((trouble) => words.test(trouble.words));
    expect(found).toBeDefined();
    expect(found?.advice).not.toBe("");
    expect(found?.command).toBe(command);
  });

  it("is the worst first, and nothing twice", () => {
    const { troubles } = modelOf({
      role: { kind: "alone", because: "stale" },
      isWatching: false,
      holder: "",
      agents: ["a", "b", "c"].map((node) => agent(NOW, node, node, { isStale: true })),
    });
    expect(troubles.map(({ severity, words }) => `${severity} ${words.slice(0, 12)}`)).toEqual([
      "bad What the lea",
      "warn Nobody holds",
      "warn a, b and c g",
    ]);
  });

  it("names records that could not be written by who could not, and says whose log to read", () => {
    const passed = { isDone: false, passedBy: ["node-1", "node-3"] };
    const names = ["a", "b", "c", "d", "e"].map((name) => `${name}.example.org/A` as const);
    const records = [
      ...names.map((name) => sharedRecord(name, passed)),
      sharedRecord("f.example.org/A", { isDone: false, passedBy: ["node-1"] }),
      sharedRecord("g.example.org/A", { isDone: false }),
    ];
    const { troubles } = modelOf({ shared: sharedAddress(NOW, { records }) });
    expect(troubles.map(({ words, command }) => [words, command])).toEqual([
      [
        "node-1 and node-3 could not read or write a.example.org A, b.example.org A, c.example.org A and 2 more.",
        "kubectl -n esddns-system logs esddns-h9s5d",
      ],
      ["node-1 could not read or write f.example.org A.", "kubectl -n esddns-system logs esddns-q4mzt"],
    ]);
  });

  it.each(["x; reboot_1", "$(reboot)_1", "-f_1"])(
    "gives nothing to copy for a Lease that is held by %j",
    (holder) => {
      const records = [sharedRecord("a.example.org/A", { isDone: false, passedBy: ["node-9"] })];
      const { troubles } = modelOf({ holder, shared: sharedAddress(NOW, { records }) });
      expect(troubles.map(({ command }) => command)).toEqual([undefined]);
    },
  );

  it("does not miss this pod itself", () => {
    const agents = [agent(NOW, "node-2", "esddns-7xk2p", { isStale: true })];
    expect(wordsOf({ agents })).toEqual([]);
  });
});

describe("records and agents", () => {
  it("are sorted by what a person has to see first", () => {
    const { records, agents } = modelOf({
      shared: sharedAddress(NOW, {
        records: [
          sharedRecord("a.example.org/A"),
          sharedRecord("b.example.org/A", { isDone: false }),
          sharedRecord("c.example.org/AAAA", {
            published: undefined,
            isDone: false,
            passedBy: ["node-1"],
          }),
        ],
      }),
      agents: [
        agent(NOW, "node-1", "one", { role: { kind: "leading" } }),
        agent(NOW, "node-2", "two"),
        agent(NOW, "node-3", "three", { isStale: true }),
        agent(NOW, "node-4", "four", { role: { kind: "alone", because: "unreachable" } }),
      ],
    });
    expect(records.map(({ name, type, word, published, why }) => [name, type, word, published, why])).toEqual(
      [
        ["c.example.org", "AAAA", "passed on", undefined, "node-1 could not read or write it."],
        ["b.example.org", "A", "not yet", "44.128.10.77", undefined],
        ["a.example.org", "A", "done", "44.128.10.77", undefined],
      ],
    );
    expect(agents.map(({ node, mark, word, why }) => [node, mark, word, why])).toEqual([
      ["node-3", "failed", "no sign of life", "When it was last heard of, it followed."],
      ["node-4", "warning", "is on its own", "Because the API server does not answer."],
      ["node-1", "ok", "leads", undefined],
      ["node-2", "ok", "follows", undefined],
    ]);
  });

  it("say of this pod what it knows itself", () => {
    const agents = [agent(NOW, "node-2", "esddns-7xk2p", { isStale: true })];
    const { agents: rows } = modelOf({ agents, role: { kind: "alone", because: "unreachable" } });
    expect(rows).toMatchObject([
      { isThis: true, mark: "warning", word: "is on its own", why: "Its word does not arrive." },
    ]);
  });
});

describe("the load balancer", () => {
  const balancer = (
    loadBalancer: ClusterState["loadBalancer"],
    shared: ClusterState["shared"] = sharedAddress(NOW),
  ) => modelOf({ loadBalancer, shared }).balancer;
  const at = (address: string, isPublic: boolean) =>
    balancer({ kind: "address", service: "esddns", address, isPublic });

  it("is where DNS points", () => {
    expect(at("44.128.10.77", true)).toMatchObject({ mark: "ok", advice: undefined });
    expect(at("2a10:ed1:77::1", true)).toMatchObject({ mark: "ok" });
  });

  it("with a private address needs a router that forwards to it", () => {
    expect(at("192.168.1.100", false)).toMatchObject({
      mark: "warning",
      value: "192.168.1.100",
      words:
        "DNS points at 44.128.10.77, and the Internet cannot reach the Service “esddns” at 192.168.1.100 by itself.",
      advice: "Forward the ports on your router to 192.168.1.100. If that is done, there is nothing to do.",
    });
  });

  it("with a public address of its own is not where DNS points", () => {
    expect(at("198.51.100.9", true)).toMatchObject({
      mark: "warning",
      words: "DNS points at 44.128.10.77, and not at the Service “esddns”.",
      advice: expect.stringContaining("publish 198.51.100.9"),
    });
  });

  it("is compared with nothing while no address is known", () => {
    const lost = sharedAddress(NOW, { addresses: new Map() });
    const state = { kind: "address", service: "esddns", address: "192.168.1.100", isPublic: false } as const;
    expect(balancer(state, lost)).toMatchObject({ mark: "unknown", advice: undefined });
  });

  it.each<readonly [NonNullable<ClusterState["loadBalancer"]>, RegExp, RegExp]>([
    [{ kind: "pending", service: "esddns" }, /waits for its address/, /MetalLB.*NodePort/],
    [
      { kind: "hostname", service: "esddns", hostname: "a1.elb.example" },
      /gives the Service “esddns” a name/,
      /CNAME/,
    ],
    [{ kind: "none", service: "esddns" }, /There is no Service “esddns”/, /kubernetes\.service/],
  ])("that is so says what it means, and what to do: %o", (state, words, advice) => {
    const model = balancer(state);
    expect(model?.words).toMatch(words);
    expect(model?.advice).toMatch(advice);
  });

  it("is not spoken of where no Service is watched", () => {
    expect(modelOf({ loadBalancer: undefined }).balancer).toBeUndefined();
  });
});
