import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { NAME, ZONE } from "../lab.ts";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { ownDashboard } from "./own.ts";

/** Of the probe, two rounds of questions and the write, and as much again for a machine that is busy. */
const ARRIVES_WITHIN = 10_000;

const words = (page: Page, selector: string) => page.locator(selector).first().innerText();

describe.skipIf(missing("chromium"))("Overview", () => {
  const chromium = useChromium();
  const lab = useLab();

  it("answers at a glance: what the address is, who says so, whether every name is right", async () => {
    const page = await chromium.open(lab().at("/"));
    await page.getByText("all 4 in sync").waitFor();

    const address = page.locator("#address-IPv4");
    expect(await address.innerText()).toContain("203.0.113.2");
    expect(await address.innerText()).toMatch(/Known\. .*agree/);
    expect(await address.innerText()).toMatch(/Confirmed\s+\d+ s ago/);
    expect(await address.innerText()).toMatch(/Yours since\s+\d\d:\d\d today/);
    for (const operator of ["alpha", "bravo", "charlie", "delta", "foxtrot"])
      expect(await words(page, "#witnesses")).toContain(operator);
    const row = page.getByRole("row", { name: "home.lab.example" }).first();
    expect(await row.innerText()).toMatch(/in sync\s+A\s*203\.0\.113\.2\s+lab\s+60/);
    expect(await page.title()).toContain("203.0.113.2");
  });

  it("counts down to the next probe, without a word from the daemon", async () => {
    const page = await chromium.open(lab().at("/"));
    const round = page.locator("#address-IPv4 div", { hasText: "Next round" }).locator("time");
    const first = await round.innerText();
    expect(first).toMatch(/^\d+ s$/);
    await until("the countdown to go on", async () => (await round.innerText()) !== first, 5000);
  });

  it("shows a moved address as soon as it is published, in place, and nothing jumps", async () => {
    const page = await chromium.open(lab().at("/"));
    await page.getByText("all 4 in sync").waitFor();
    await page.evaluate("window.isSamePage = true");

    const movedAt = performance.now();
    const address = await lab().move();
    await page.locator("#address-IPv4 .value", { hasText: address }).waitFor({ timeout: ARRIVES_WITHIN });
    const took = performance.now() - movedAt;
    await page.locator("#records tr", { hasText: NAME }).getByText(address).waitFor();

    console.log(`A moved address is on the open page after ${Math.round(took)} ms`);
    expect(await lab().published()).toEqual([address]);
    expect(await page.title()).toContain(address);
    await page.getByText("all 4 in sync").waitFor();
    expect(await words(page, "#lately, [aria-label='Lately'], :text('Lately') >> xpath=../..")).toContain(
      address,
    );
    expect(await page.evaluate("isSamePage")).toBe(true);
    expect(await page.evaluate("layoutShift"), await page.evaluate("shifted.join()")).toBeLessThan(0.01);
  });

  it("Check now starts a round, and says what it came to", async () => {
    const page = await chromium.open(lab().at("/"));
    await page.getByText("all 4 in sync").waitFor();
    await page.evaluate("window.isSamePage = true");
    await page.getByRole("button", { name: "Check now" }).click();
    await page
      .getByRole("status")
      .filter({ hasText: /Checked just now: .*all 4 in sync/ })
      .waitFor();
    await page.getByRole("button", { name: "Check now" }).waitFor();
    expect(await page.evaluate("isSamePage")).toBe(true);
  });

  it("copies the address with one click", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await chromium.open(lab().at("/"), { permissions });
    const button = page.locator("#address-IPv4").getByRole("button", { name: /^Copy/ });
    const address = await words(page, "#address-IPv4 .value .text");
    await button.click();
    await button.filter({ hasText: "copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(address);
    await button.filter({ hasText: /^\s*copy\s*$/ }).waitFor();
  });

  it("says times in the reader's zone, with the absolute time at hand", async () => {
    const page = await chromium.open(lab().at("/"), { timezoneId: "Pacific/Auckland" });
    const since = page.locator("#address-IPv4 div", { hasText: "Yours since" }).locator("time");
    const [at, shown] = [await since.getAttribute("datetime"), await since.innerText()];
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Pacific/Auckland",
      hour: "2-digit",
      minute: "2-digit",
    });
    expect(shown).toContain(clock.format(new Date(at ?? "")));
    expect(await since.getAttribute("title")).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(await page.locator("footer").innerText()).toContain("Pacific/Auckland");
  });

  it("finds one of many records", async () => {
    const records = Array.from({ length: 40 }, (_, index) => ({ name: `host${index}.${ZONE}`, ttl: 60 }));
    const { dashboard } = await ownDashboard({
      records: [{ name: NAME, ttl: 60 }, ...records],
    });
    const page = await chromium.open(dashboard.at("/"));
    await page.getByText("all 41 in sync").waitFor();
    // What is right is folded away, what is not stands out
    expect(await page.getByRole("row", { name: "host7.lab.example" }).isVisible()).toBe(false);
    await page.getByRole("searchbox", { name: "Find records" }).fill("host7");
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForURL(/find=host7/);
    const rows = page.locator("#records tbody th");
    expect(await rows.allInnerTexts()).toEqual(["host7.lab.example"]);
    await page.getByRole("searchbox").fill("nothing <b>");
    await page.keyboard.press("Enter");
    await page.waitForURL(/find=nothing/);
    expect(await words(page, "#records .empty")).toBe("No record has “nothing <b>” in it.");
    await page.getByRole("link", { name: "All records" }).click();
    await page.getByText("41 in sync").first().waitFor();
  });
});
