import { afterEach, describe, expect, it } from "vitest";
import { changesOf, type Plan } from "#core/plan.ts";
import type { Operations, ServiceContext } from "#service/context.ts";
import { planRoutes } from "#service/pages/plan.ts";
import { askPage, askRoute, READER } from "#testing/ask-route.ts";
import { type ServiceWorld, serviceWorld } from "#testing/service-world.ts";

let world: ServiceWorld | undefined;

afterEach(() => world?.close());

async function routesOf(operations: Partial<Operations> = {}) {
  world = await serviceWorld("lived");
  const context: ServiceContext = {
    ...world.context,
    operations: { ...world.context.operations, ...operations },
  };
  return { routes: planRoutes(context), world };
}

function digestIn(html: string): string {
  return /name="digest" value="([^"]+)"/.exec(html)?.[1] ?? "";
}

describe("the plan", () => {
  it("shows what would be written, and writes nothing", async () => {
    const { routes, world } = await routesOf();
    const before = world.office.writes.length;
    const html = await askPage(routes, "GET", "/plan");
    expect(html).toContain("44.128.10.70");
    expect(html).toContain("our address changed");
    expect(html).toContain("It did not work the last time");
    expect(html).toContain("Make these changes");
    expect(world.office.writes).toHaveLength(before);
  });

  it("makes the changes that were seen, and leads back", async () => {
    const { routes, world } = await routesOf();
    world.world.provider.put("home.example.org", "A", ["44.128.77.1"], 300);
    const digest = digestIn(await askPage(routes, "GET", "/plan"));
    const answer = await askRoute(routes, "POST", "/plan/apply", { fields: { digest } });
    expect(answer).toEqual({ kind: "redirect", to: "/plan?made" });
    expect(world.world.provider.values("home.example.org/A")).toBe("44.128.10.77");
  });

  it("writes nothing when the plan has changed meanwhile, and shows the new one", async () => {
    let rounds = 0;
    const { routes } = await routesOf({
      round: async () => {
        rounds += 1;
      },
    });
    const html = await askPage(routes, "POST", "/plan/apply", { fields: { digest: "of yesterday" } });
    expect(html).toContain("the plan has changed since you saw it");
    expect(digestIn(html)).not.toBe("of yesterday");
    expect(rounds).toBe(0);
  });

  it("says when every record is right", async () => {
    const { routes, world } = await routesOf({ plan: () => Promise.resolve(right) });
    const all = await world.context.operations.plan(AbortSignal.timeout(1000));
    const right: Plan = all.filter(({ kind }) => kind === "in-sync");
    const html = await askPage(routes, "GET", "/plan");
    expect(changesOf(right)).toEqual([]);
    expect(html).toContain("Nothing to do: every record is right.");
    expect(html).not.toContain("Make these changes");
  });

  it("says why there is none, and where to go on", async () => {
    const { routes } = await routesOf({
      plan: () => Promise.reject(new Error("Cannot plan: the daemon is ending")),
    });
    const html = await askPage(routes, "GET", "/plan");
    expect(html).toContain("Cannot plan: the daemon is ending");
    expect(html).toContain("Try again");
  });

  it("tells who may look alone why the button cannot be pressed", async () => {
    const { routes } = await routesOf();
    const html = await askPage(routes, "GET", "/plan", { caller: READER });
    expect(html).toMatch(/<button[^>]* disabled>Make these changes/);
    expect(html).toContain("This takes the right to operate");
  });
});
