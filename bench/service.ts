import type { Row } from "./rows.ts";
import { type PageLoads, pageRows } from "./service/pages.ts";
import { type ReaderRounds, readerRows } from "./service/readers.ts";
import type { World } from "./world.ts";

/** The daemon with its dashboard: what pages and those who read along cost it, and how soon they know. */
export async function serviceRows(
  world: World,
  { pages, readers }: { readonly pages: PageLoads; readonly readers: ReaderRounds },
): Promise<readonly Row[]> {
  return [...(await pageRows(world, pages)), ...(await readerRows(world, readers))];
}
