import { afterAll, describe, expect, it } from "vitest";
import { pageRoutes } from "#service/pages/routes.ts";
import { askPage, READER } from "#testing/ask-route.ts";
import { serviceWorld } from "#testing/service-world.ts";

const EVERYWHERE = [
  "/",
  "/history",
  "/history?span=30d",
  "/plan",
  "/sources",
  "/providers",
  "/doctor",
  "/configuration",
  "/api",
  "/api/schemas",
];

const worlds = await Promise.all(
  (["lived", "troubled", "empty", "following"] as const).map(async (kind) => ({
    kind,
    world: await serviceWorld(kind),
  })),
);

afterAll(async () => {
  await Promise.all(worlds.map(({ world }) => world.close()));
});

describe.each(worlds)("every page of a world that is $kind", ({ kind, world }) => {
  const PAGES = kind === "following" ? [...EVERYWHERE, "/cluster"] : EVERYWHERE;
  const routes = pageRoutes(world.context);

  it.each(PAGES)("%s is whole: one title, one h1 at least, every id once", async (path) => {
    const html = await askPage(routes, "GET", path);
    expect(html).toMatch(/<title>[^<]+: esddns<\/title>/);
    expect(html).toContain("<h1");
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it.each(PAGES)("%s says no value that a person cannot read", async (path) => {
    const html = await askPage(routes, "GET", path);
    const words = html.replaceAll(/<[^>]*>/g, " ");
    expect(words).not.toMatch(/\bundefined\b|\bNaN\b|\[object|Invalid Date|Infinity/);
  });

  it.each(PAGES)("%s has nothing that the policy refuses", async (path) => {
    const html = await askPage(routes, "GET", path);
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
    expect(html.match(/<script[^>]*>[^<]+</)).toBeNull();
  });

  it.each(PAGES)("%s leads to what is there", async (path) => {
    const html = await askPage(routes, "GET", path);
    const ids = new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
    const within = [...html.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id);
    expect(within.filter((id) => !ids.has(id))).toEqual([]);
  });

  it.each(PAGES)("%s has no form that posts, for who may look alone", async (path) => {
    const html = await askPage(routes, "GET", path, { caller: READER });
    const forms = [...html.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"/g)].map(([, to]) => to);
    expect(forms).toEqual([]);
  });
});
