import type { Page } from "playwright-core";

export const WIDTHS = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 900 } } as const;

export const LOOKS = (["light", "dark"] as const).flatMap((theme) =>
  (["narrow", "wide"] as const).map((width) => [theme, width] as const),
);

/** In bytes, uncompressed, of a browser that was never here. */
export const MOST = 100_000;

/** What is wider than the screen, if the page is. */
export const OVERFLOWING = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
  return [scrollWidth + " px", ...wide.slice(0, 5).map((each) => each.outerHTML.slice(0, 100))];
})()`;

/** Marks that have the colour of what they stand on. */
export const INVISIBLE_MARKS = `[...document.querySelectorAll("svg.mark:not(.hidden)")].filter((each) => {
  const shape = each.querySelector("*");
  const { fill, stroke } = getComputedStyle(shape);
  const ground = getComputedStyle(document.body).backgroundColor;
  return [fill, stroke].every((paint) => paint === "none" || paint === ground);
}).length`;

/** Goes there, and weighs all that the page is made of before something has happened. */
export async function weigh(
  page: Page,
  url: string,
): Promise<readonly (readonly [path: string, bytes: number])[]> {
  const sizes: Promise<readonly [string, number]>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "fetch") return;
    sizes.push(response.body().then((body) => [new URL(response.url()).pathname, body.byteLength] as const));
  });
  await page.goto(url);
  await page.locator("#live", { hasText: "live" }).waitFor();
  await page.waitForTimeout(300);
  return Promise.all(sizes);
}
