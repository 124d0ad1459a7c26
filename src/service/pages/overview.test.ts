import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageRoutes } from "#service/pages/routes.ts";
import type { State } from "#state/state.ts";
import { address, desired } from "#testing/engine-world.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";

let world: ServedWorld;
let state: State | undefined;

beforeAll(async () => {
  world = await serveWorld({
    routes: (context) => pageRoutes({ ...context, state: () => state ?? context.state() }),
  });
});

afterAll(() => world.close());

async function page(path = "/"): Promise<string> {
  const answer = await world.ask(path, { headers: { accept: "text/html" } });
  expect(answer.status).toBe(200);
  return answer.text();
}

function withRecords(count: number): State {
  const before = world.context.state();
  const more = Array.from({ length: count - before.records.length }, (_, index) => ({
    record: desired(`host-${index}.some-zone.example.org`),
    condition: { kind: "in-sync" as const },
    since: undefined,
    published: { values: [address("44.128.10.77")] },
    changed: undefined,
    verification: undefined,
  }));
  return { ...before, records: [...before.records, ...more] };
}

describe("the overview", () => {
  it("says the address in the window's title and as the largest thing on the page", async () => {
    const html = await page();
    expect(html).toContain("<title>44.128.10.77: esddns</title>");
    expect(html).toMatch(/<span class="text">44\.128\.10\.77<\/span>/);
  });

  it("carries no script, no style and no handler of its own: the policy would refuse them", async () => {
    const html = await page();
    expect(html).not.toMatch(/<style|style=|\son[a-z]+=|javascript:/i);
    expect(html.match(/<script[^>]*>[^<]+</)).toBeNull();
  });

  it("has an id for everything that moves, and each once", async () => {
    const html = await page();
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const live = [...html.matchAll(/<[a-z]+ [^>]*data-live[^>]*>/g)].map(([tag]) => tag);
    expect(live.length).toBeGreaterThan(3);
    for (const tag of live) expect(tag).toMatch(/ id="/);
  });

  it("shows what providers and witnesses say as text, whatever it is", async () => {
    const evil = `<img src=x onerror="alert(1)">'"&`;
    const before = world.context.state();
    const [record] = before.records;
    if (!record) throw new RangeError("no record");
    state = {
      ...before,
      records: [{ ...record, condition: { kind: "failed", words: evil, hint: evil } }],
      lately: [{ kind: "record-failed", at: before.startedAt, title: evil, detail: evil }],
    };
    const html = await page();
    state = undefined;
    expect(html).not.toContain("<img");
    expect(html.split("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&quot;&amp;")).toHaveLength(5);
  });

  it("is 100 kB at the most with everything that it needs, with 100 records", async () => {
    state = withRecords(100);
    const html = await page();
    state = undefined;
    const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    const sizes = await Promise.all(
      assets.map(async (path) => {
        const answer = await world.ask(path);
        expect(answer.status, path).toBe(200);
        expect(answer.headers.get("cache-control")).toContain("immutable");
        return (await answer.arrayBuffer()).byteLength;
      }),
    );
    expect(assets.length).toBeGreaterThan(5);
    const sum = sizes.reduce((a, b) => a + b, Buffer.byteLength(html));
    expect(sum).toBeLessThanOrEqual(100_000);
  });

  it("finds a record by a form that needs no scripts", async () => {
    const [all, found] = [await page(), await page("/?find=shop")];
    expect(all).toContain('<th scope="row">home.example.org</th>');
    expect(found).not.toContain('<th scope="row">home.example.org</th>');
    expect(found).toContain('<th scope="row">shop.example.net</th>');
  });
});

describe("Check now", () => {
  it("leads back to the page without scripts", async () => {
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page())?.[1] ?? "";
    const answer = await world.ask("/round", {
      method: "POST",
      body: new URLSearchParams({ csrf }),
      headers: { origin: world.server.origin },
      redirect: "manual",
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
  });

  it("tells a script what came of it", async () => {
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page())?.[1] ?? "";
    const rounds = () => world.context.state().lastRound?.number ?? 0;
    const before = rounds();
    const answer = await world.ask("/round", {
      method: "POST",
      body: new URLSearchParams({ csrf }),
      headers: { origin: world.server.origin, accept: "application/json", "x-esddns-csrf": csrf },
    });
    expect(await answer.json()).toEqual({
      message: expect.stringMatching(
        /^Checked just now: 44\.128\.10\.77, 2a10:ed1:77::1, records \d of 8 in sync$/,
      ),
    });
    expect(rounds()).toBe(before + 1);
  });
});
