import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";

const ROOT = path.join(import.meta.dirname, "../..");
const FOLDER = path.join(import.meta.dirname, "screenshots");
const DOCS = process.env["ESDDNS_SCREENSHOTS"] === "docs" ? path.join(ROOT, "docs") : FOLDER;

/** Leaves a picture of the whole page in a folder that git ignores, to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), fullPage: true });
}

/** Of what is on the screen, for the README: with `ESDDNS_SCREENSHOTS=docs` it goes to `docs/`. */
export async function docsPicture(page: Page, name: string): Promise<void> {
  mkdirSync(DOCS, { recursive: true });
  await page.screenshot({ path: path.join(DOCS, `${name}.png`) });
}
