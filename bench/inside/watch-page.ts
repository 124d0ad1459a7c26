/**
 * A person's open dashboard in Chromium.
 *
 * Usage: watch-page.ts URL; prints a line of JSON when it is open, for each request and for each address that is shown
 * from then on, with when (milliseconds since 1970). Ends with its standard input.
 */
import { chromium } from "playwright-core";
import { peerPath } from "../../e2e/require-peer.ts";

/** Says what stands there, as soon as it is in the page. */
const OBSERVER = `
  addEventListener("DOMContentLoaded", () => {
    const text = () => document.querySelector("#address-IPv4 .value .text")?.textContent ?? "";
    let before = text();
    new MutationObserver(() => {
      const now = text();
      if (now !== before) tellBench({ address: now, at: Date.now() });
      before = now;
    }).observe(document.getElementById("address-IPv4"), { subtree: true, childList: true, characterData: true });
  });
`;

const [url = ""] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: peerPath("chromium"),
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
});
const context = await browser.newContext();
await context.exposeBinding("tellBench", (_source, event: object) => say(event));
await context.addInitScript(OBSERVER);
const page = await context.newPage();
await page.goto(url);
await page.waitForSelector('#live[data-state="live"]');
page.on("request", (request) => say({ request: new URL(request.url()).pathname, at: Date.now() }));
say({ open: true });
for await (const _ of process.stdin);
await browser.close();

function say(event: object): void {
  console.log(JSON.stringify(event));
}
