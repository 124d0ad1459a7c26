import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiRoutes } from "#service/api/routes.ts";
import { expectValid } from "#testing/api-contract.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";

interface Page {
  readonly entries: readonly { readonly id: number; readonly at: string; readonly record: string }[];
  readonly next: string | null;
}

let world: ServedWorld;

beforeAll(async () => {
  world = await serveWorld({ routes: apiRoutes });
});

afterAll(() => world.close());

async function history(query: string): Promise<Page> {
  const response = await world.ask(query.startsWith("/") ? query : `/api/v1/history${query}`);
  const body: Page = JSON.parse(await response.text());
  expectValid("/api/v1/history", response.status, body);
  return body;
}

async function pagesFrom(query: string): Promise<readonly Page[]> {
  const pages = [await history(query)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next) pages.push(await history(next));
  return pages;
}

const all = () => world.archive.historyPage({ limit: 10_000 });

describe("the history", () => {
  it.each([1, 7, 500])("by pages of %s is the whole of it, newest first, once each", async (limit) => {
    const pages = await pagesFrom(`?limit=${limit}`);
    const ids = pages.flatMap(({ entries }) => entries.map(({ id }) => id));
    expect(ids).toEqual(all().map(({ id }) => id));
    expect(pages).toHaveLength(Math.ceil(all().length / limit));
  });

  it("filters by record and by time, on every page", async () => {
    const record = "home.example.org/A";
    const [since, until] = ["2026-02-20T00:00:00Z", "2026-03-09T00:00:00+01:00"];
    const query = new URLSearchParams({ record, since, until, limit: "2" });
    const pages = await pagesFrom(`?${query.toString()}`);
    const wanted = all().filter(
      (entry) => entry.record === record && entry.at >= new Date(since) && entry.at <= new Date(until),
    );
    expect(wanted.length).toBeGreaterThan(3);
    expect(pages.flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual(wanted.map(({ id }) => id));
  });

  it("is empty for a record that nobody has", async () => {
    expect(await history("?record=nobody.example.org/AAAA")).toEqual({ entries: [], next: null });
  });

  it("is a table for a spreadsheet, whole, filtered, and without formulas", async () => {
    const response = await world.ask("/api/v1/history?format=csv");
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="esddns-history.csv"');
    const rows = parseCsv(text);
    expect(rows).toHaveLength(all().length + 1);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([12]));
    const words = rows.map((row) => row[7]);
    expect(words).toContain(`'=HYPERLINK("https://evil.example","10000")`);
    expect(words).toContain('the connection broke off, "as it happens"\n');
    expect(rows.flat().filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);

    const own = await world.ask("/api/v1/history?format=csv&record=shop.example.net/A&limit=2");
    expect(parseCsv(await own.text()).map((row) => row[1])).toEqual([
      "record",
      "shop.example.net/A",
      "shop.example.net/A",
    ]);
  });
});

/** RFC 4180 section 2. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(cell)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\r\n") rows.push([]);
  }
  expect(rows.pop()).toEqual([]);
  return rows;
}

describe("what was", () => {
  interface Past {
    readonly episodes: readonly { readonly kind: string; readonly address?: string }[];
    readonly measures: readonly { readonly at: string; readonly answered: number }[];
    readonly happenings: readonly { readonly at: string }[];
    readonly spanMs: number;
  }

  async function ask(path: string): Promise<Past> {
    const response = await world.ask(path);
    const body: Past = JSON.parse(await response.text());
    expectValid(path, response.status, body);
    return body;
  }

  it("an address stood so or so, and the last episode lasts", async () => {
    const { episodes } = await ask("/api/v1/episodes?family=4");
    expect(new Set(episodes.map(({ kind }) => kind))).toEqual(
      new Set(["known", "disputed", "unavailable", "unwatched"]),
    );
    expect(episodes.at(-1)).toMatchObject({ address: "44.128.10.77", until: null });
    expect((await ask("/api/v1/episodes?family=6&since=2026-03-14T00:00:00Z")).episodes).toHaveLength(1);
  });

  it("the witnesses did so or so, by quarters of an hour", async () => {
    const { measures, spanMs } = await ask("/api/v1/measures?family=4&since=2026-03-14T06:00:00Z");
    expect(spanMs).toBe(900_000);
    expect(measures.length).toBeGreaterThan(50);
    expect(measures.every(({ at }) => at >= "2026-03-14T06:00:00")).toBe(true);
    const silent = measures.filter(({ answered }) => answered === 0);
    expect(silent[0]).toMatchObject({ roundTrip: null });
  });

  it("things happened, newest first, as many as wanted, and none of a kind that nobody knows", async () => {
    world.archive.addHappening({ kind: "moon-full", at: new Date(), title: "The moon is full" });
    expect((await ask("/api/v1/happenings?limit=3")).happenings).toHaveLength(2);
    const { happenings } = await ask("/api/v1/happenings?limit=500");
    const times = happenings.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().toReversed());
  });
});

describe("a question that cannot be answered", () => {
  it.each([
    ["/api/v1/history?limit=0", "query.limit"],
    ["/api/v1/history?limit=501", "query.limit: expected at most 500"],
    ["/api/v1/history?limit=10001&format=csv", "query.limit"],
    ["/api/v1/history?limit=1e2", "query.limit: expected a whole number from 1 to 10000"],
    ["/api/v1/history?limit=-1", "query.limit"],
    ["/api/v1/history?limit=", "query.limit"],
    ["/api/v1/history?limit=5&limit=6", "query.limit: given more than once"],
    ["/api/v1/history?before=0", "query.before"],
    ["/api/v1/history?before=999999999999999999999", "query.before"],
    ["/api/v1/history?record=home.example.org", "query.record"],
    ["/api/v1/history?record=home.example.org/MX", "query.record"],
    ["/api/v1/history?since=yesterday", "query.since"],
    ["/api/v1/history?since=2026-13-01T00:00:00Z", "query.since"],
    ["/api/v1/history?format=xml", "query.format"],
    ["/api/v1/episodes", "query.family: missing"],
    ["/api/v1/episodes?family=5", "query.family"],
    ["/api/v1/measures?family=4&until=2026-01-01T00:00:00Z", "query.until: unknown, expected family, since"],
    ["/api/v1/state?verbose=1", "query.verbose: unknown, expected none"],
    ["/api/v1/state?__proto__=1", "query.__proto__"],
    ["/api/v1/happenings?limit=1000", "query.limit"],
    ["/raw?x", "query.x"],
  ])("%s is told why", async (path, words) => {
    const response = await world.ask(path);
    const body = await response.json();
    expectValid(path, response.status, body);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      type: "/api#invalid-request",
      status: 400,
      detail: expect.stringContaining(words),
    });
  });

  it("is told everything that is wrong at once", async () => {
    const response = await world.ask("/api/v1/history?limit=x&since=y&colour=blue");
    const text = await response.text();
    expect(text.match(/query\.\w+"/g)?.toSorted()).toEqual(['query.colour"', 'query.limit"', 'query.since"']);
    // What was sent is not sent back
    expect(text).not.toContain("blue");
  });

  it("is told of some, when there is more than a person reads", async () => {
    const names = Array.from({ length: 2000 }, (_, index) => index.toString(36));
    const response = await world.ask(`/api/v1/state?${names.join("&")}&__proto__`);
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text.match(/"query\.\w+"/g)).toHaveLength(20);
    expect(text.length).toBeLessThan(4000);
  });

  it("is told when there is nothing of the name, or not by this method", async () => {
    expect((await world.ask("/api/v1/nothing")).status).toBe(404);
    const other = await world.ask("/api/v1/state", { method: "POST" });
    expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
});
