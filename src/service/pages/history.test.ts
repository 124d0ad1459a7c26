import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { historyRoutes } from "#service/pages/history.ts";
import { askPage, askRoute } from "#testing/ask-route.ts";
import { serviceWorld } from "#testing/service-world.ts";

const world = await serviceWorld("lived");
const routes = historyRoutes(world.context);

afterAll(() => world.close());

const page = (target: string) => askPage(routes, "GET", target);

/** What the first column of the list of changes says. */
function recordsIn(html: string): readonly string[] {
  const list = html.slice(html.indexOf('id="changes-list"'));
  return [...list.matchAll(/<th scope="row">\s*([^<\s]+)/g)].map(([, name]) => name ?? "");
}

describe("the history", () => {
  it("shows the addresses of the span alone", async () => {
    const [day, month] = [await page("/history"), await page("/history?span=30d")];
    const band = (html: string) => html.slice(0, html.indexOf('id="changes-list"'));
    expect(band(day)).not.toContain("44.129.14.90");
    expect(band(month)).toContain("44.129.14.90");
    expect(month).toMatch(/<a\s+href="\/history\?span=30d"\s+aria-current="true"/);
  });

  it("has each gap in words: in dispute, not known, nobody watching", async () => {
    const html = await page("/history?span=30d");
    for (const words of ["disputed, for 3", "not known, for 3", "nobody was watching, for 3"])
      expect(html).toContain(words);
  });

  it("lists the changes of one record when it is asked for one", async () => {
    const html = await page("/history?record=shop.example.net/A");
    expect(new Set(recordsIn(html))).toEqual(new Set(["shop.example.net"]));
    expect(html).toMatch(/<option value="shop\.example\.net\/A"\s+selected/);
    expect(html).toContain('href="/api/v1/history?record=shop.example.net%2FA&amp;format=csv"');
  });

  it("pages on to older changes, and each comes once", async () => {
    const seen: string[] = [];
    let next: string | undefined = "/history";
    for (let pages = 0; next !== undefined && pages < 50; pages += 1) {
      const html: string = await page(next);
      seen.push(...recordsIn(html));
      next = /<a href="([^"]*before=[^"]*)">Older/.exec(html)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(seen).toHaveLength(world.archive.historyPage({ limit: 10_000 }).length);
  });

  it("tells the provider's words of a failure as text", async () => {
    const html = await page("/history?record=shop.example.net/A");
    expect(html).toContain("=HYPERLINK(&quot;https://evil.example&quot;,&quot;10000&quot;)");
  });

  it("has the plots' numbers as a table", async () => {
    const html = await page("/history");
    const table = html.slice(html.indexOf('<table class="numbers"'), html.indexOf("</table>"));
    expect(table).toContain("alpha.example");
    expect(table.match(/<tr>/g)?.length).toBeGreaterThan(20);
  });

  it("says when nothing is known yet", async () => {
    const empty = await serviceWorld("empty");
    const html = await askPage(historyRoutes(empty.context), "GET", "/history");
    await empty.close();
    expect(html).toContain("Nothing is known of this time yet");
    expect(html).toMatch(/Nothing was changed\s+yet/);
    expect(html).not.toContain("data-plots");
  });
});

describe("the plots' numbers", () => {
  const column = z.array(z.number().nullable());
  const plots = z.object({
    from: z.number(),
    until: z.number(),
    times: z.array(z.number()),
    operators: z.array(z.object({ name: z.string(), values: column })),
    agreement: column,
    answered: column,
  });

  async function plotsOf(span: string) {
    const answer = await askRoute(
      routes.map((route) => ({ ...route, path: route.path.replace("{family}", "4") })),
      "GET",
      `/history/plots/4?span=${span}`,
      { parameters: { family: "4" } },
    );
    if (answer.kind !== "json") throw new TypeError(answer.kind);
    return plots.parse(answer.value);
  }

  it.each(["24h", "7d", "30d"])(
    "are columns of one length for %s, no longer than a screen is wide",
    async (span) => {
      const { times, operators, agreement, answered } = await plotsOf(span);
      expect(times.length).toBeLessThanOrEqual(722);
      for (const values of [agreement, answered, ...operators.map((each) => each.values)])
        expect(values).toHaveLength(times.length);
    },
  );

  it("are means of what was measured, in time", async () => {
    const { operators, times, from, until } = await plotsOf("24h");
    const alpha = operators
      .find(({ name }) => name === "alpha.example")
      ?.values.filter((value) => value !== null);
    expect(alpha?.length).toBeGreaterThan(90);
    for (const value of alpha ?? []) expect(value).toBeGreaterThanOrEqual(8.9);
    for (const value of alpha ?? []) expect(value).toBeLessThanOrEqual(11.3);
    expect(until - from).toBe(86_400);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    const quarter = 15 * 60;
    expect(Math.min(...times)).toBeGreaterThan(from - quarter);
    expect(Math.max(...times)).toBeLessThan(until + quarter);
  });

  it("are of a family that there is", async () => {
    const answer = await askRoute(routes, "GET", "/history/plots/{family}", { parameters: { family: "5" } });
    expect(answer).toMatchObject({ kind: "problem", status: 404 });
  });
});
