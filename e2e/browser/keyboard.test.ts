import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { missing } from "../require-peer.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";
import { PAGES } from "./pages.ts";

const CONTROLS = `a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]`;

/**
 * What has the focus: its number among the controls, and whether its focus is seen. Radio buttons of one name are one
 * stop; their label shows the focus for them.
 */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const shown = element.type === "radio" ? element.closest("label") : element;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  return {
    words: (element.ariaLabel ?? element.textContent.trim()) || element.id,
    isSeen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none")
      && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
})()`;

/** Every control that can be reached with the mouse, one for each group of radio buttons. */
const COUNT = `(() => {
  const seen = new Set();
  for (const each of document.querySelectorAll(${JSON.stringify(CONTROLS)})) {
    if (each.disabled || each.tabIndex < 0 || !each.checkVisibility({ visibilityProperty: true })) continue;
    seen.add(each.type === "radio" ? each.form.action + each.name + each.form.elements.name?.value : each);
  }
  return seen.size;
})()`;

const focus = z.object({ words: z.string(), isSeen: z.boolean() }).nullable();

async function focused(page: Page) {
  return focus.parse(await page.evaluate(FOCUSED));
}

describe.skipIf(missing("chromium"))("by keyboard alone", () => {
  const chromium = useChromium();
  const lab = useLab();

  it.each(PAGES)("every control of %s is reached, in order, and one sees where one is", async (path) => {
    const page = await chromium.open(lab().at(path));
    await page.locator("#live", { hasText: "live" }).waitFor();
    const count = z.number().parse(await page.evaluate(COUNT));
    const stops: string[] = [];
    const unseen: string[] = [];
    for (;;) {
      await page.keyboard.press("Tab");
      const stop = await focused(page);
      if (!stop || stops.length > count + 5) break;
      stops.push(stop.words);
      if (!stop.isSeen) unseen.push(stop.words);
    }
    expect(stops[0]).toBe("Skip to content");
    expect(unseen).toEqual([]);
    expect(stops).toHaveLength(count);
  });

  it("the skip link leads past the navigation", async () => {
    const page = await chromium.open(lab().at("/lab"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect((await focused(page))?.words).toBe("Move my address");
  });

  it("the Lab is operated, and the focus stays where it is while the page lives", async () => {
    const page = await chromium.open(lab().at("/lab"));
    await page.locator("#live", { hasText: "live" }).waitFor();
    await page.locator("#skip, .skip").focus();
    const tabTo = async (words: string) => {
      for (let steps = 0; steps < 60; steps += 1) {
        await page.keyboard.press("Tab");
        if ((await focused(page))?.words === words) return;
      }
      throw new Error(`Nothing with "${words}" got the focus`);
    };

    await tabTo("Move my address");
    await page.keyboard.press("Enter");
    await page.getByText(/after you moved it/).waitFor();
    await page.locator("#truth .true", { hasText: "203.0.113.3" }).waitFor();
    expect((await focused(page))?.words).toBe("Move my address");

    await page.getByLabel("honest").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("alpha lies").waitFor({ state: "attached" });
    await page.locator("#lab-witnesses li.lies", { hasText: "alpha" }).waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("witness-alpha-lies");
    await page.keyboard.press("ArrowRight");
    await page.getByText("alpha is dead").waitFor({ state: "attached" });

    await page.getByLabel("Datagrams lost, each way").focus();
    for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press("ArrowRight");
    await page.locator("#lab-loss-output", { hasText: "15 %" }).waitFor();
    await page.getByText("15 % of datagrams are lost").waitFor({ state: "attached" });
    expect(await page.evaluate("document.activeElement.id")).toBe("lab-loss");
  });
});
