import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { ownDashboard } from "./own.ts";
import { writePast } from "./past.ts";
import { picture } from "./screenshots.ts";

const exported = z.object({
  entries: z.array(z.object({ record: z.literal("home.lab.example/A"), after: z.array(z.string()) })),
});

async function textOf(download: Download): Promise<string> {
  return readFileSync(await download.path(), "utf8");
}

/** What a spreadsheet makes of it (RFC 4180): no field of ours has a line's end in it. */
function rowsOf(csv: string): readonly (readonly string[])[] {
  return csv
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, a, b]) => a ?? b ?? ""),
    );
}

describe.skipIf(missing("chromium"))("History", () => {
  const chromium = useChromium();
  const lab = useLab();
  let address = "";

  beforeAll(async () => {
    const start = async () => (await lab().published()).join() === "203.0.113.2";
    await until("the first address", start);
    address = await lab().move();
    await until("the second one", async () => (await lab().published()).join() === address);
  });

  const changes = (page: Page) => page.locator("#changes-list tbody tr:not(.why)");

  it("tells every change: from, to, why, by whom, how long it took", async () => {
    const page = await chromium.open(lab().at("/history"));
    // Four records, twice
    await changes(page).nth(7).waitFor();
    const row = await changes(page).filter({ hasText: "vpn.lab.example" }).first().innerText();
    expect(row).toContain("203.0.113.2");
    expect(row).toContain(address);
    expect(row).toMatch(/alpha|bravo|charlie|delta|foxtrot/);
    expect(row).toMatch(/\d ms/);
    expect(await changes(page).count()).toBe(8);
  });

  it("is filtered by record, for a link to be shared", async () => {
    const page = await chromium.open(lab().at("/history?span=7d"));
    await page.getByLabel("Record", { exact: true }).selectOption({ label: "home.lab.example AAAA" });
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/record=/);
    expect(page.url()).toContain("span=7d");
    expect(await changes(page).count()).toBe(2);
    expect(await page.getByLabel("Record", { exact: true }).inputValue()).toBe("home.lab.example/AAAA");
  });

  it("shows another span of time", async () => {
    const page = await chromium.open(lab().at("/history"));
    const spans = page.getByRole("navigation", { name: "Span of time" });
    const names = await spans.getByRole("link").allInnerTexts();
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      await spans.getByRole("link", { name, exact: true }).click();
      await spans.locator("[aria-current]", { hasText: name }).waitFor();
    }
  });

  it("draws round trips and agreement, and has the same in numbers", async () => {
    const { dashboard } = await ownDashboard({}, ({ storePath }) => writePast(storePath));
    const page = await chromium.open(dashboard.at("/history"));
    await page.locator("[data-state=drawn]").waitFor();
    expect(await page.locator(".plot canvas").count()).toBe(2);
    await page.locator(".plot").first().hover();
    expect(await page.locator("[data-readout=alpha]").innerText()).toMatch(/^\d+ ms$/);
    await picture(page, "history-past");
    await page.getByText("The same in numbers").first().click();
    const table = page.getByRole("region", { name: "IPv4 in numbers" });
    expect(await table.getByRole("columnheader").allInnerTexts()).toEqual(
      expect.arrayContaining(["alpha", "bravo", "charlie", "delta", "foxtrot"]),
    );
    expect(await table.innerText()).toMatch(/\d\d(\.\d)? %\s+\d\d(\.\d)? %\s+\d+ ms/);
  });

  it("is taken along as CSV and as JSON", async () => {
    const page = await chromium.open(lab().at("/history?record=home.lab.example%2FA"));
    const [csv] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "CSV" }).click(),
    ]);
    expect(csv.suggestedFilename()).toBe("esddns-history.csv");
    const [head, ...rows] = rowsOf(await textOf(csv));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toHaveLength(head?.length ?? 0);
    expect(rows[0]).toEqual(expect.arrayContaining(["home.lab.example/A", "203.0.113.2", address]));

    const href = await page.getByRole("link", { name: "JSON" }).getAttribute("href");
    const answer = await page.request.get(lab().at(href ?? ""));
    expect(answer.headers()["content-type"]).toContain("application/json");
    expect(exported.parse(await answer.json()).entries.map(({ after }) => after.join())).toEqual([
      address,
      "203.0.113.2",
    ]);
  });
});
