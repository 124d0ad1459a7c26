import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { apiRoutes } from "#service/api/routes.ts";
import { pageRoutes } from "#service/pages/routes.ts";
import type { ClusterState } from "#state/cluster.ts";
import { agent, clusterState, sharedAddress, sharedRecord } from "#testing/cluster-state.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";
import { missing } from "../require-peer.ts";
import { violations } from "./axe.ts";
import { useChromium } from "./chromium.ts";
import { INVISIBLE_MARKS, LOOKS, MOST, OVERFLOWING, weigh, WIDTHS } from "./looks.ts";
import { picture } from "./screenshots.ts";

type Change = (now: Date) => Partial<ClusterState>;

const MINUTE = 60_000;
const ago = (now: Date, span: number) => new Date(now.getTime() - span);

/** A balancer at home, a node that is gone, one on its own, a record that two could not write. */
const troubled: Change = (now) => ({
  loadBalancer: { kind: "address", service: "esddns", address: "192.168.1.100", isPublic: false },
  agents: [
    agent(now, "node-1", "esddns-q4mzt", { role: { kind: "leading" } }),
    agent(now, "node-2", "esddns-7xk2p"),
    agent(now, "node-3", "esddns-h9s5d", { role: { kind: "alone", because: "stale" } }),
    agent(now, "node-4.a-name-of-some-length", "esddns-operator-v2r8w", {
      isStale: true,
      lastWord: ago(now, 13 * MINUTE),
    }),
  ],
  shared: sharedAddress(now, {
    records: [
      sharedRecord("home.example.org/A"),
      sharedRecord("vpn.example.org/A", {
        published: undefined,
        isDone: false,
        passedBy: ["node-1", "node-3"],
      }),
      sharedRecord("nas.example.org/AAAA", { isDone: false }),
    ],
  }),
});

const alone: Change = (now) => ({
  role: { kind: "alone", because: "stale" },
  since: ago(now, 4 * MINUTE),
  holder: "",
  isWatching: false,
  shared: sharedAddress(now, { isStale: true, detectedAt: ago(now, 25 * MINUTE) }),
  loadBalancer: { kind: "pending", service: "esddns" },
});

const independent: Change = () => ({
  role: { kind: "independent" },
  shared: undefined,
  holder: "",
  loadBalancer: undefined,
});

describe.skipIf(missing("chromium"))("Cluster: who leads, what is shared, how everybody is", () => {
  const chromium = useChromium();
  let world: ServedWorld;
  let change: Change = () => ({});

  beforeAll(async () => {
    const now = () => new Date();
    world = await serveWorld({
      kind: "following",
      overrides: { now, cluster: () => clusterState(now(), change(now())) },
      routes: (context) => [...pageRoutes(context), ...apiRoutes(context)],
    });
  });
  beforeEach(() => {
    change = () => ({});
  });
  afterAll(() => world.close());

  /** The cluster is another one from now on, and whoever reads along hears of it. */
  function become(next: Change): void {
    change = next;
    world.feed.push("cluster-changed", {});
  }

  async function open(options: BrowserContextOptions = {}, path = "/cluster"): Promise<Page> {
    const page = await chromium.open(world.server.origin + path, options);
    if (options.javaScriptEnabled !== false) await page.locator("#live", { hasText: "live" }).waitFor();
    return page;
  }

  it.each<readonly [string, Change]>([
    ["well", () => ({})],
    ["troubled", troubled],
    ["alone", alone],
    ["independent", independent],
  ])("fits, and axe-core finds nothing, at both widths and in both themes: %s", async (name, state) => {
    change = state;
    const page = await open();
    for (const [colorScheme, width] of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(WIDTHS[width]);
      await picture(page, `cluster-${name}-${colorScheme}-${width}`);
      const wrong = [await page.evaluate(OVERFLOWING), await violations(page)];
      expect([colorScheme, width, ...wrong]).toEqual([colorScheme, width, [], []]);
    }
  });

  it("weighs little, and does not jump while it loads", async () => {
    change = troubled;
    const page = await chromium.blank(world.server.origin);
    const weights = await weigh(page, `${world.server.origin}/cluster`);
    expect(weights.reduce((sum, [, size]) => sum + size, 0)).toBeLessThanOrEqual(MOST);
    expect(await page.evaluate("layoutShift"), String(await page.evaluate("shifted.join()"))).toBeLessThan(
      0.01,
    );
  });

  it("tells with colours that the system chooses how everything stands", async () => {
    change = troubled;
    const page = await open({ forcedColors: "active" });
    await picture(page, "cluster-forced-colours");
    expect(await page.evaluate(INVISIBLE_MARKS)).toBe(0);
  });

  it("is complete without JavaScript, and comes anew by itself", async () => {
    change = troubled;
    const page = await open({ javaScriptEnabled: false });
    const text = await page.locator("body").innerText();
    for (const words of [
      "node-1 leads",
      "44.128.10.77",
      "node-1 and node-3 could not read or write vpn.example.org A.",
      "no sign of life",
      "Forward the ports on your router to 192.168.1.100.",
    ])
      expect(text).toContain(words);
    expect(await page.getByRole("button", { name: /^Copy/ }).count()).toBe(0);
    expect(await page.content()).toMatch(/<meta http-equiv="refresh" content="\d+"/);
  });

  it("follows what happens, on the same page", async () => {
    const page = await open();
    await page.evaluate("window.isSamePage = true");
    await page.getByRole("heading", { name: "node-1 leads" }).waitFor();
    become(() => ({ role: { kind: "leading" }, holder: "esddns-7xk2p_77aa01" }));
    await page.getByRole("heading", { name: "node-2 leads" }).waitFor();
    become(alone);
    await page.getByRole("heading", { name: "node-2 is on its own" }).waitFor();
    await page.getByText("What to do").waitFor();
    expect(await page.title()).toBe("node-2 is on its own: esddns");
    become(() => ({}));
    await page.getByRole("heading", { name: "node-1 leads" }).waitFor();
    expect(await page.getByText("What to do").count()).toBe(0);
    expect(await page.evaluate("isSamePage")).toBe(true);
  });

  it("is reached by the keyboard, and its commands can be copied by it", async () => {
    change = troubled;
    const page = await open({ permissions: ["clipboard-read", "clipboard-write"] }, "/");
    const focused =
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent";
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press("Tab");
        if (name.test(String(await page.evaluate(focused)))) return;
      }
      throw new Error(`No Tab leads to ${name.source}`);
    };
    await tabTo(/^Cluster$/);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/cluster");
    await page.locator("#live", { hasText: "live" }).waitFor();
    await tabTo(/^Copy kubectl/);
    await page.keyboard.press("Enter");
    await expect
      .poll(() => page.evaluate("navigator.clipboard.readText()"))
      .toBe("kubectl -n esddns-system logs esddns-h9s5d");
  });

  it("other pages of a pod that follows say whose word they rest on", async () => {
    const page = await open({}, "/");
    expect(await page.locator("#address-IPv4").innerText()).toContain("As the leader on node-1 tells.");
    await picture(page, "overview-following");
    await page.goto(`${world.server.origin}/sources`);
    await picture(page, "sources-following");
    expect(await page.locator("main").innerText()).toContain("This pod follows");
    expect(await violations(page)).toEqual([]);
  });
});
