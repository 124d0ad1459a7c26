import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { peerPath } from "../require-peer.ts";

/** Debian's Chromium, in which nothing is found on the network but what a test has started. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: peerPath("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
  });
}

/** A page of its own, with what went wrong in it: the console's errors, failed requests, violated policies. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}
