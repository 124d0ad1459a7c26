import { describe, expect, it, onTestFinished } from "vitest";
import { valuesAt } from "../dns-client.ts";
import { Lab, NAME } from "../lab.ts";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { DaemonDashboard } from "../daemon-dashboard.ts";
import { picture } from "./screenshots.ts";

const GONE = [/ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/];

describe.skipIf(missing("chromium"))("while the daemon is gone", () => {
  const chromium = useChromium();

  it("the page says since when, and is right again when it is back", async () => {
    const lab = await Lab.start();
    let dashboard = await DaemonDashboard.start(lab);
    const { origin } = dashboard;
    onTestFinished(async () => {
      await dashboard[Symbol.asyncDispose]();
      await lab[Symbol.asyncDispose]();
    });
    await lab.follows();
    const page = await chromium.open(`${origin}/`, { forgives: GONE });
    const live = page.locator("#live");
    await live.filter({ hasText: "live" }).waitFor();
    await page.evaluate("window.isSamePage = true");
    const before = lab.address();
    const dimmed = "getComputedStyle(document.querySelector('main')).opacity < 1";
    expect(await page.evaluate(dimmed)).toBe(false);

    await dashboard.daemon.stop("SIGKILL");
    await live
      .filter({ hasText: /no answer from the daemon since \d\d:\d\d:\d\d/ })
      .waitFor({ timeout: 3000 });
    await until("the page to be dimmed", async () => (await page.evaluate(dimmed)) === true);
    await page.getByRole("button", { name: "Check now" }).click();
    await page.getByText("No answer from the daemon", { exact: true }).waitFor();
    await picture(page, "overview-lost");

    const after = lab.move();
    dashboard = await DaemonDashboard.start(lab, { service: { listen: origin.replace("http://", "") } });
    await live.filter({ hasText: /^live$/ }).waitFor();
    await page.locator("#address-IPv4 .value", { hasText: after }).waitFor();
    await lab.follows();
    await page.locator("#records tbody tr", { hasText: after }).filter({ hasText: "in sync" }).waitFor();
    expect(await page.locator("#records").innerText()).not.toContain(before);
    expect(await valuesAt(lab.nameServer, NAME)).toEqual([after]);
    await until("the page to be as it was", async () => (await page.evaluate(dimmed)) === false);
    expect(await page.evaluate("isSamePage")).toBe(true);

    // The forms of the page from before are of use again
    await page.getByRole("button", { name: "Check now" }).click();
    await page.getByText("Checked just now:").waitFor();
  });
});
