import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Lab } from "../lab.ts";
import { esddns } from "../program.ts";
import { missing } from "../require-peer.ts";
import { useChromium } from "./chromium.ts";
import { DaemonDashboard } from "../daemon-dashboard.ts";
import { picture } from "./screenshots.ts";

const PASSWORD = "correct horse battery";
const REFUSED = [/status of (401|403|429)/];

describe.skipIf(missing("chromium"))("signing in", () => {
  const chromium = useChromium();
  let hash = "";

  beforeAll(async () => {
    const { stdout, status } = await esddns(["password"], { input: `${PASSWORD}\n` });
    expect(status).toBe(0);
    hash = stdout.trim();
  });

  async function serve() {
    const lab = await Lab.start();
    const file = lab.scratch.write("password", hash);
    const start = (port: string) =>
      DaemonDashboard.start(lab, { service: { listen: `127.0.0.1:${port}`, password: { file } } });
    const dashboard = await start("0");
    let latest = dashboard;
    const restart = async () => {
      await latest.daemon.stop();
      latest = await start(new URL(dashboard.origin).port);
    };
    onTestFinished(async () => {
      await latest[Symbol.asyncDispose]();
      await lab[Symbol.asyncDispose]();
    });
    return { dashboard, lab, restart };
  }

  it("leads to where one wanted to go, and out again", async () => {
    const { dashboard } = await serve();
    const page = await chromium.open(dashboard.at("/history?span=7d"));
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    // The cursor is where one has to type
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(dashboard.at("/history?span=7d"));
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    expect(await page.evaluate("document.cookie")).toBe("");

    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("button", { name: "Check now" }).click();
    await page.getByText("Checked just now:").waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.goBack();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("another password does not open, and who guesses has to wait", async () => {
    const { dashboard } = await serve();
    const page = await chromium.open(dashboard.at("/plan"), { forgives: REFUSED });
    const tooMany = page.getByText(/the next one\s+counts\s+in\s+\d+\s+s\./i);
    for (let attempts = 0; !(await tooMany.isVisible()); attempts += 1) {
      expect(attempts).toBeLessThan(8);
      await page.getByLabel("Password").fill(`guess number ${attempts}`);
      await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign in" }).click()]);
      expect(await page.getByRole("alert").innerText()).toMatch(/That is not the password|Too many/);
      expect(await page.getByLabel("Password").inputValue()).toBe("");
    }
    await picture(page, "sign-in-throttled");
    const [, wait] = /in\s+(\d+)\s+s/.exec(await tooMany.innerText()) ?? [];
    await page.waitForTimeout(Number(wait) * 1000 + 200);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(dashboard.at("/plan"));
  });

  it("a session that ends while the page is open leads to the sign-in, and back", async () => {
    const { dashboard, restart } = await serve();
    const page = await chromium.open(dashboard.at("/sources"), {
      forgives: [...REFUSED, /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/],
    });
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(dashboard.at("/sources"));
    await page.locator("#live", { hasText: "live" }).waitFor();
    // Sessions live in memory alone
    await restart();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(dashboard.at("/sources"));
  });

  it("is of no help to who cannot: no page, no answer, no asset beyond the sign-in's own", async () => {
    const { dashboard, lab } = await serve();
    const page = await chromium.open(dashboard.at("/"));
    expect(await page.content()).not.toContain(lab.address());
    for (const path of ["/raw", "/metrics", "/api/v1/state", "/api/v1/events", "/history/plots/4"]) {
      const answer = await page.request.get(dashboard.at(path), { maxRedirects: 0 });
      expect([path, answer.status()]).toEqual([path, 401]);
      expect(await answer.text()).not.toContain(lab.address());
    }
  });
});
