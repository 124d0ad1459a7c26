import { describe, expect, it } from "vitest";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { PAGES } from "./pages.ts";

const SAYS: Readonly<Record<(typeof PAGES)[number], readonly (RegExp | string)[]>> = {
  "/": ["203.0.113.", "in sync", /Confirmed\s+\d+ s ago/, "Known."],
  "/history": ["vpn.lab.example", "published", "24 hours"],
  "/plan": ["Nothing to do: every record is right."],
  "/sources": ["alpha", "foxtrot", "STUN"],
  "/providers": ["DNS UPDATE (RFC 2136)", "Nobody is told when something changes."],
  "/doctor": ["Run the doctor"],
  "/configuration": ["The file on the disk has no problems.", "quorum"],
  "/api": ["/api/v1/state", "problem document"],
  "/api/schemas": ["What the answers are made of", "Verdict"],
  "/lab": ["What is true", "What the daemon believes", "does as it is told", "Set"],
};

describe.skipIf(missing("chromium"))("without JavaScript", () => {
  const chromium = useChromium();
  const lab = useLab();
  const open = (path: string) => chromium.open(lab().at(path), { javaScriptEnabled: false });

  it.each(PAGES)("%s is complete", async (path) => {
    await until("the record", async () => (await lab().published()).join().startsWith("203.0.113.2"));
    const page = await open(path);
    const text = await page.locator("body").innerText();
    for (const words of SAYS[path]) expect(text).toMatch(words);
    expect(text).toContain("Times are in UTC.");
    // Nothing is offered that does nothing
    expect(await page.getByRole("button", { name: /^Copy/ }).count()).toBe(0);
  });

  it("Check now is a form", async () => {
    const page = await open("/");
    await page.getByRole("button", { name: "Check now" }).click();
    await page.waitForURL(lab().at("/"));
    await page.getByText("all 4 in sync").waitFor();
  });

  it("the doctor's findings come as a page", async () => {
    const page = await open("/doctor");
    await page.getByRole("button", { name: "Run the doctor" }).click();
    await page.getByRole("button", { name: "Run it again" }).waitFor();
    expect(await page.locator("#examination-summary").innerText()).toMatch(/no problems, .* fine/);
  });

  it("every knob of the Lab is a form", async () => {
    const page = await open("/lab");
    const set = (form: string) => page.locator(`form[action="/lab/${form}"]`);
    await page.getByRole("button", { name: "Move my address" }).click();
    await until("the record to follow", async () => (await lab().published()).join() === "203.0.113.3");
    await page.reload();
    expect(await page.locator("#truth").innerText()).toMatch(/after you moved it/);

    const alpha = page.locator("#lab-witnesses li", { hasText: "alpha" });
    await alpha.getByLabel("lies").check();
    await alpha.getByRole("button", { name: "Set" }).click();
    expect(await alpha.getByLabel("lies").isChecked()).toBe(true);

    await set("loss").getByRole("slider").fill("40");
    await set("loss").getByRole("button").click();
    expect(await page.locator("#lab-loss").inputValue()).toBe("40");
    await set("udp").getByLabel("is blocked").check();
    await set("udp").getByRole("button").click();
    expect(await set("udp").getByLabel("is blocked").isChecked()).toBe(true);
    await set("provider").getByLabel("refuses").check();
    await set("provider").getByRole("button").click();
    expect(await set("provider").getByLabel("refuses").isChecked()).toBe(true);

    await page.getByRole("button", { name: "Put everything back" }).click();
    expect(await page.locator("#lab-loss").inputValue()).toBe("0");
    expect(await alpha.getByLabel("honest").isChecked()).toBe(true);
  });

  it("a page that lives comes anew by itself", async () => {
    const page = await open("/lab");
    expect(await page.content()).toMatch(/<meta http-equiv="refresh" content="\d+"/);
  });
});
