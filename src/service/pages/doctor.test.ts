import { afterEach, describe, expect, it } from "vitest";
import type { Finding, Operations } from "#service/context.ts";
import { doctorRoutes } from "#service/pages/doctor.ts";
import { askPage, READER } from "#testing/ask-route.ts";
import { type ServiceWorld, serviceWorld } from "#testing/service-world.ts";

let world: ServiceWorld | undefined;

afterEach(() => world?.close());

async function routesOf(doctor?: Operations["doctor"]) {
  world = await serviceWorld("empty");
  const { operations } = world.context;
  return doctorRoutes({ ...world.context, operations: { ...operations, ...(doctor && { doctor }) } });
}

async function* breaksOff(_signal: AbortSignal): AsyncGenerator<Finding> {
  yield { result: "ok", subject: "IPv4 alpha", words: "says 44.128.10.77" };
  throw new Error("the line is down");
}

const hiddenResults = /<section[^>]*id="examination"[^>]*\shidden/;

describe("the doctor's page", () => {
  it("runs nothing by itself", async () => {
    let runs = 0;
    const routes = await routesOf((signal) => {
      runs += 1;
      return breaksOff(signal);
    });
    const html = await askPage(routes, "GET", "/doctor");
    expect(runs).toBe(0);
    expect(html).toContain("Run the doctor");
    expect(html).toMatch(hiddenResults);
  });

  it("has all findings at once without scripts, the worst first", async () => {
    const html = await askPage(await routesOf(), "POST", "/doctor");
    expect(html).not.toMatch(hiddenResults);
    expect(html).toContain("1 problem, 1 warning, 3 fine");
    const at = (words: string) => html.indexOf(words);
    expect(at("provider office")).toBeLessThan(at("stun.echo.example"));
    expect(at("stun.echo.example")).toBeLessThan(at("provider home"));
  });

  it("keeps what was found when the run breaks off, and says why", async () => {
    const html = await askPage(await routesOf(breaksOff), "POST", "/doctor");
    expect(html).toContain("says 44.128.10.77");
    expect(html).toContain("the line is down");
  });

  it("tells who may look alone why the button cannot be pressed", async () => {
    const html = await askPage(await routesOf(), "GET", "/doctor", { caller: READER });
    expect(html).toMatch(/<button[^>]* disabled>Run the doctor/);
  });
});
