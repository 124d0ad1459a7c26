import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { ownLab } from "./own.ts";
import { picture } from "./screenshots.ts";

const LIE = "198.51.100.66";
const LIES = /says (198\.51\.100\.66|2001:db8:bad::66)/;

/** Of a witness of the lab, as a person sees it. */
const witness = (page: Page, name: string) => page.locator("#lab-witnesses li", { hasText: name });
const believed = (page: Page) => page.locator("#truth .line", { hasText: "What the daemon believes" });
const inDns = (page: Page) => page.locator("#truth .line", { hasText: "What DNS says" });

describe.skipIf(missing("chromium"))("Lab: the world in one's hand", () => {
  const chromium = useChromium();
  const lab = useLab();

  /** The Lab page, everything put back. */
  async function openLab(): Promise<Page> {
    const page = await chromium.open(lab().at("/lab"));
    await page.evaluate("window.isSamePage = true");
    await page.getByRole("button", { name: "Put everything back" }).click();
    await page.getByText("Everything is as it was").waitFor({ state: "attached" });
    return page;
  }

  async function checkNow(page: Page): Promise<string> {
    const answer = await page.request.post(lab().at("/api/v1/round?wait=1"), { data: {} });
    return await answer.text();
  }

  it("the address is moved, and DNS follows while one watches", async () => {
    const page = await openLab();
    const [before] = await lab().published();
    await page.getByRole("button", { name: "Move my address" }).click();
    const truth = page.locator("#truth .line.true .value").first();
    await truth.filter({ hasNotText: before ?? "" }).waitFor();
    const address = (await truth.innerText()).replace(/^.*:\s*/, "").trim();

    await believed(page).locator(".value", { hasText: address }).waitFor();
    await inDns(page)
      .getByText(/^Right, .* after you moved it$/)
      .waitFor();
    expect(await inDns(page).innerText()).toContain(address);
    expect(await lab().published()).toEqual([address]);
    expect(await page.evaluate("isSamePage")).toBe(true);
    expect(await page.evaluate("layoutShift"), await page.evaluate("shifted.join()")).toBeLessThan(0.01);
  });

  it("a witness that lies is shown as differing, is outvoted, and ends in quarantine", async () => {
    const page = await openLab();
    const overview = await chromium.open(lab().at("/"));
    const address = await lab().published();
    await witness(page, "alpha").getByLabel("lies").check();
    await page.getByText("alpha lies").waitFor({ state: "attached" });

    // Not everybody is asked every time
    const seen = witness(page, "alpha").getByText(LIES);
    await until("alpha to be asked", async () => {
      await checkNow(page);
      return seen.waitFor({ timeout: 500 }).then(
        () => true,
        () => false,
      );
    });
    await believed(page)
      .getByText(/\d of \d operators agree, alpha differs/)
      .first()
      .waitFor();
    await overview.locator("#address-IPv4").getByText("alpha differs").waitFor();
    expect(await overview.locator("#witnesses").innerText()).toContain(LIE);
    expect(await lab().published()).toEqual(address);

    // Three times is too often
    for (let rounds = 0; rounds < 4; rounds += 1) await checkNow(page);
    await witness(page, "alpha").getByText("is quarantined: it keeps contradicting the others").waitFor();
    await overview
      .locator("#witnesses tbody", { hasText: "alpha" })
      .getByText(/uarantine/)
      .first()
      .waitFor();
    expect(await overview.locator("#address-IPv4").innerText()).toContain("Known.");
    expect(await lab().published()).toEqual(address);
    expect(await overview.evaluate("layoutShift"), await overview.evaluate("shifted.join()")).toBeLessThan(
      0.01,
    );
  });

  it("two liars who agree do not win either, and the dispute is shown with both sides", async () => {
    const own = await ownLab();
    const page = await chromium.open(own.at("/lab"));
    const overview = await chromium.open(own.at("/"));
    await overview.getByText("all 4 in sync").waitFor();
    const address = await own.published();
    for (const liar of ["bravo", "charlie"]) await witness(page, liar).getByLabel("lies").check();
    for (const dead of ["delta", "foxtrot"]) await witness(page, dead).getByLabel("dead").check();
    await page.getByText("foxtrot is dead").waitFor({ state: "attached" });

    await overview.getByRole("button", { name: "Check now" }).click();
    await overview.locator("#address-IPv4").getByText("Disputed.").waitFor();
    expect(await overview.locator("#address-IPv4").innerText()).toContain("every record stays as it is");
    expect(await overview.locator("#address-IPv4 .sides").innerText()).toMatch(
      /198\.51\.100\.66 bravo, charlie/,
    );
    expect(await own.published()).toEqual(address);
    await witness(page, "delta").getByText("does not answer").waitFor();
  });

  it("goes offline and comes back by itself", async () => {
    const page = await openLab();
    const address = await lab().published();
    await page.getByRole("button", { name: "Go offline for 5 s" }).click();
    await page.getByText(/The line is down, up again in \d s/).waitFor();
    await page.getByRole("button", { name: "Come back online" }).waitFor();
    await page.getByRole("button", { name: "Go offline for 5 s" }).waitFor();
    expect(await lab().published()).toEqual(address);
  });

  it("UDP is blocked: the others go on", async () => {
    const page = await openLab();
    await page.locator("#lab-line").getByLabel("is blocked").check();
    await page.getByText("UDP is blocked").waitFor({ state: "attached" });
    await checkNow(page);
    await believed(page).getByText("Known.").first().waitFor();
    await witness(page, "charlie").getByText("agrees").waitFor();
  });

  it("packets are lost and late, by sliders", async () => {
    const page = await openLab();
    await page.getByLabel("Datagrams lost, each way").fill("30");
    await page.getByText("30 % of datagrams are lost, each way").waitFor({ state: "attached" });
    await page.getByLabel("Every answer later by").fill("200");
    await page.getByText("Every answer takes 200 ms longer").waitFor({ state: "attached" });
    expect(await page.locator("#lab-delay-output").innerText()).toBe("200 ms");
    await checkNow(page);
    await believed(page).getByText("Known.").first().waitFor();
    await until("a round trip of 200 ms and more", async () => {
      // Whose answer is needed first is a matter of luck
      const text = await page.locator("main").innerText();
      return [...text.matchAll(/agrees, (\d+) ms/g)].some(([, span]) => Number(span) >= 200);
    });
  });

  it.each([
    ["refuses", /REFUSED\. The update policy of the zone must grant it to the key "lab-key"/],
    ["throttles", /Cannot update the zone "lab.example" at 127.0.0.1:\d+: the server failed \(SERVFAIL\)/],
    ["never answers", /the answer was lost; it is read again before the next write/],
  ])("the provider %s: it is said in whose words, and what to do", async (behaviour, expected) => {
    const own = await ownLab();
    const page = await chromium.open(own.at("/lab"));
    const overview = await chromium.open(own.at("/"));
    const records = overview.locator("#records");
    await records.getByText("all 4 in sync").waitFor();
    await page.locator("#lab-line").getByLabel(behaviour, { exact: true }).check();
    await page.getByText(`The provider ${behaviour}`).waitFor({ state: "attached" });
    const address = await own.move();

    await records.locator("tr.why", { hasText: expected }).first().waitFor();
    await picture(overview, `overview-provider-${behaviour.replace(" ", "-")}`);
    // What it says is published is what DNS says
    const row = records.getByRole("row", { name: "home.lab.example" }).filter({ hasText: "AAAA" });
    expect(await row.innerText()).toContain((await own.published("home.lab.example", "AAAA")).join());
    const providers = await chromium.open(own.at("/providers"));
    await providers
      .getByText("in trouble")
      .or(providers.getByText("left alone for a while"))
      .first()
      .waitFor();
    await picture(providers, `providers-${behaviour.replace(" ", "-")}`);

    await page.getByRole("button", { name: "Put everything back" }).click();
    await until("the records to follow", async () => {
      await overview.request.post(own.at("/api/v1/round?wait=1"), { data: {} });
      return records.getByText("all 4 in sync").isVisible();
    });
    expect(await own.published()).toEqual([address]);
    expect(await records.locator("tr.why").count()).toBe(0);
  });
});
