import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { peerPath } from "../require-peer.ts";

export interface OpenOptions extends BrowserContextOptions {
  /** Other origins that may be asked, beside the page's own. */
  readonly origins?: readonly string[];
  /** Complaints that belong to what the test does to the page. */
  readonly forgives?: readonly RegExp[];
}

/** One browser for the tests of a file; what a test opens ends with it. */
export interface Chromium {
  /** A page in a context of its own: no cookies, no cache. */
  open(url: string, options?: OpenOptions): Promise<Page>;
  /** The same, before it goes anywhere. */
  blank(url: string, options?: OpenOptions): Promise<Page>;
}

/** Counts how far the page's content jumps about, and tells which rules of its policy are broken. */
const OBSERVERS = `
  window.layoutShift = 0;
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.hadRecentInput) continue;
      layoutShift += each.value;
      shifted.push(...each.sources.map(({ node }) => node?.id || node?.className || node?.nodeName));
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) =>
    complainToTest(event.effectiveDirective + " is violated by " + event.blockedURI));
`;

/**
 * Debian's Chromium for a file's tests. Every test fails on what its pages complained of: errors in the console,
 * violated policies, a request to another origin.
 */
export function useChromium(args: readonly string[] = []): Chromium {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: peerPath("chromium"),
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", ...args],
    });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());

  async function blank(url: string, { origins = [], forgives = [], ...options }: OpenOptions = {}) {
    if (!browser) throw new Error("Cannot open a page: Chromium is not started yet");
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    contexts.push(context);
    const complain = (words: string) => {
      if (!forgives.some((pattern) => pattern.test(words))) complaints.push(words);
    };
    await watch(context, [new URL(url).origin, ...origins], complain);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    return page;
  }

  async function open(url: string, options?: OpenOptions) {
    const page = await blank(url, options);
    await page.goto(url);
    return page;
  }

  return { open, blank };
}

async function watch(
  context: BrowserContext,
  origins: readonly string[],
  complain: (words: string) => void,
): Promise<void> {
  await context.exposeBinding("complainToTest", (_source, words: unknown) => complain(String(words)));
  await context.addInitScript(OBSERVERS);
  context.on("weberror", (error) => complain(error.error().message));
  context.on("console", (message) => {
    if (message.type() === "error") complain(`${message.text()} (${message.location().url})`);
  });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && !origins.includes(origin)) complain(`asked ${request.url()}`);
  });
}
