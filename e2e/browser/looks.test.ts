import type { BrowserContextOptions, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { violations } from "./axe.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { INVISIBLE_MARKS, LOOKS, MOST, OVERFLOWING, weigh, WIDTHS } from "./looks.ts";
import { PAGES, pageName } from "./pages.ts";
import { docsPicture, picture } from "./screenshots.ts";

describe.skipIf(missing("chromium"))("how pages look", () => {
  const chromium = useChromium();
  const lab = useLab();

  /** One witness lies and one is dead, so that there is something to be seen. */
  beforeAll(async () => {
    await until("the records", async () => (await lab().published()).join() === "203.0.113.2");
    const answer = await fetch(lab().at("/lab"));
    const [, csrf = ""] = /name="csrf" content="([^"]+)"/.exec(await answer.text()) ?? [];
    const act = (knob: string, fields: Record<string, string>) =>
      fetch(lab().at(`/lab/${knob}`), { method: "POST", body: new URLSearchParams({ csrf, ...fields }) });
    await act("witness", { name: "charlie", behaviour: "lies" });
    await act("witness", { name: "delta", behaviour: "dead" });
    await act("move", {});
    await until("the next address", async () => (await lab().published()).join() === "203.0.113.3");
  });

  async function open(path: string, options: BrowserContextOptions): Promise<Page> {
    const page = await chromium.open(lab().at(path), options);
    await page.locator("#live", { hasText: "live" }).waitFor();
    return page;
  }

  describe.each(PAGES)("%s", (path) => {
    it("fits, and axe-core finds nothing, at both widths and in both themes", async () => {
      const page = await open(path, {});
      for (const [colorScheme, width] of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(WIDTHS[width]);
        await picture(page, `${pageName(path)}-${colorScheme}-${width}`);
        const wrong = [await page.evaluate(OVERFLOWING), await violations(page)];
        expect([colorScheme, width, ...wrong]).toEqual([colorScheme, width, [], []]);
      }
    });

    it("weighs little, and does not jump while it loads", async () => {
      const page = await chromium.blank(lab().at(path));
      const weights = await weigh(page, lab().at(path));
      const total = weights.reduce((sum, [, size]) => sum + size, 0);
      expect(weights.length).toBeGreaterThan(3);
      expect(total, JSON.stringify(weights)).toBeLessThanOrEqual(MOST);
      expect(await page.evaluate("layoutShift"), String(await page.evaluate("shifted.join()"))).toBeLessThan(
        0.01,
      );
    });
  });

  it("tables are cards on a phone", async () => {
    const page = await open("/", { viewport: WIDTHS.narrow });
    const tops = `[...document.querySelector("#records tbody tr").children].map((each) => each.getBoundingClientRect().top)`;
    expect(new Set(z.array(z.number()).parse(await page.evaluate(tops))).size).toBeGreaterThan(1);
  });

  it("nothing moves by itself for those who want no motion", async () => {
    const page = await open("/lab", { reducedMotion: "reduce" });
    await page.getByRole("button", { name: "Move my address" }).click();
    const moving = `document.getAnimations().filter((each) =>
      each.playState === "running" && each.effect.getComputedTiming().duration > 1).length`;
    for (let looks = 0; looks < 10; looks += 1) {
      expect(await page.evaluate(moving)).toBe(0);
      await page.waitForTimeout(50);
    }
  });

  it("with colours that the system chooses, what is chosen and how things stand is still seen", async () => {
    for (const path of ["/", "/lab", "/sources"]) {
      const page = await open(path, { forcedColors: "active" });
      await picture(page, `${pageName(path)}-forced-colours`);
      expect(await page.evaluate(INVISIBLE_MARKS)).toBe(0);
    }
    const page = await open("/lab", { forcedColors: "active" });
    const styleOf = (behaviour: string) =>
      page.evaluate(`(() => {
        const { color, backgroundColor, borderColor, outline } = getComputedStyle(
          document.getElementById("witness-alpha-${behaviour}").closest("label"));
        return [color, backgroundColor, borderColor, outline].join();
      })()`);
    expect(await styleOf("honest")).not.toBe(await styleOf("dead"));
  });

  it("the pictures of the documents", async () => {
    const page = await open("/", { colorScheme: "light", viewport: { width: 1200, height: 800 } });
    await docsPicture(page, "dashboard");
    expect(await page.locator("#address-IPv4").isVisible()).toBe(true);
  });
});
