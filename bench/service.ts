import type { Row } from "./rows.ts";
import { type BrowserTimes, browserRows } from "./service/browser.ts";
import { type PageLoads, pageRows } from "./service/pages.ts";
import { type ReaderRounds, readerRows } from "./service/readers.ts";
import type { World } from "./world.ts";

export interface ServiceLoads {
  readonly pages: PageLoads;
  readonly readers: ReaderRounds;
  readonly browser: BrowserTimes;
}

/** The daemon with its dashboard: what pages and those who read along cost it, and how soon they know. */
export async function serviceRows(world: World, loads: ServiceLoads): Promise<readonly Row[]> {
  return [
    ...(await pageRows(world, loads.pages)),
    ...(await readerRows(world, loads.readers)),
    ...(await browserRows(world, loads.browser)),
  ];
}
