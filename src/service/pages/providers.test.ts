import { afterEach, describe, expect, it } from "vitest";
import type { Operations } from "#service/context.ts";
import { providersRoutes } from "#service/pages/providers.ts";
import { askPage, askRoute, READER } from "#testing/ask-route.ts";
import { type ServiceWorld, serviceWorld } from "#testing/service-world.ts";

let world: ServiceWorld | undefined;

afterEach(() => world?.close());

async function routesOf(operations: Partial<Operations> = {}) {
  world = await serviceWorld("lived");
  return providersRoutes({
    ...world.context,
    operations: { ...world.context.operations, ...operations },
  });
}

const REFUSED = {
  testNotifier: () => Promise.reject(new Error("ntfy.example answers 403: not your topic")),
};

describe("the providers' page", () => {
  it("tells trouble in the provider's words, and what to do", async () => {
    const html = await askPage(await routesOf(), "GET", "/providers");
    expect(html).toContain("10000: the token may not edit records of example.net");
    expect(html).toContain("give it the permission Zone.DNS:Edit for example.net");
  });

  it("tells how deliveries went", async () => {
    const html = await askPage(await routesOf(), "GET", "/providers");
    expect(html).toMatch(/ntfy, last told <time/);
    expect(html).toContain("Cannot notify: the service answers 500 (see its own log)");
  });

  it("says what to configure when nobody is told of anything", async () => {
    const html = await askPage(await routesOf({ notifiers: () => [] }), "GET", "/providers");
    expect(html).toContain("Nobody is told when something changes");
  });
});

describe("a test message", () => {
  it("goes to the one that was chosen, and leads back to the page that says so", async () => {
    const sent: string[] = [];
    const routes = await routesOf({
      testNotifier: async (name) => {
        sent.push(name);
      },
    });
    const answer = await askRoute(routes, "POST", "/notifications/test", { fields: { name: "phone" } });
    expect(sent).toEqual(["phone"]);
    expect(answer).toEqual({ kind: "redirect", to: "/providers?tested=phone" });
    const html = await askPage(routes, "GET", "/providers?tested=phone");
    expect(html).toContain("A test message went to phone");
  });

  it("tells why it did not get there", async () => {
    const html = await askPage(await routesOf(REFUSED), "POST", "/notifications/test", {
      fields: { name: "phone" },
    });
    expect(html).toContain("phone did not get its test message. ntfy.example answers 403: not your topic");
  });

  it("tells a script the same as a problem", async () => {
    const answer = await askRoute(await routesOf(REFUSED), "POST", "/notifications/test", {
      fields: { name: "phone" },
      headers: { accept: "application/json" },
    });
    expect(answer).toMatchObject({ kind: "problem", status: 502, detail: expect.stringContaining("403") });
  });

  it("goes to nobody that is not configured, and no page claims so", async () => {
    const routes = await routesOf();
    const answer = await askRoute(routes, "POST", "/notifications/test", { fields: { name: "<b>me</b>" } });
    expect(answer).toMatchObject({ kind: "problem", status: 404 });
    expect(await askPage(routes, "GET", "/providers?tested=me")).not.toContain("A test message went");
  });

  it("has no button for who may look alone", async () => {
    const html = await askPage(await routesOf(), "GET", "/providers", { caller: READER });
    expect(html).not.toContain("/notifications/test");
  });
});
