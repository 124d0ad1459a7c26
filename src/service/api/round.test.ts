import { afterEach, describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { Secret } from "#core/secret.ts";
import type { Operations } from "#service/context.ts";
import { apiRoutes } from "#service/api/routes.ts";
import { expectValid } from "#testing/api-contract.ts";
import { TestEventSource } from "#testing/event-source.ts";
import { type ServedWorld, type ServedWorldOptions, serveWorld } from "#testing/served-world.ts";

let world: ServedWorld;

afterEach(() => world.close());

async function start(options: Partial<ServedWorldOptions> = {}): Promise<void> {
  world = await serveWorld({ routes: apiRoutes, kind: "empty", ...options });
}

/** As a program on this host. */
async function post(path: string, body: unknown = {}): Promise<{ status: number; body: unknown }> {
  const response = await world.ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  expectValid(path, response.status, answer, "POST");
  return { status: response.status, body: answer };
}

async function plan(): Promise<{ digest: string; changes: number }> {
  const body: unknown = await (await world.ask("/api/v1/plan")).json();
  expectValid("/api/v1/plan", 200, body);
  expect(body).toMatchObject({ digest: expect.any(String), changes: expect.any(Number) });
  return JSON.parse(JSON.stringify(body));
}

/** Operations of which one is another one. */
function overridden(more: (own: Operations) => Partial<Operations>): Partial<ServedWorldOptions> {
  return {
    routes: (context) =>
      apiRoutes({ ...context, operations: { ...context.operations, ...more(context.operations) } }),
  };
}

describe("a round by a person", () => {
  it("is started, and said to be on its way with its number", async () => {
    await start();
    expect(await post("/api/v1/round")).toEqual({ status: 202, body: { round: 1 } });
    await expect.poll(() => world.context.state().lastRound?.number).toBe(1);
    expect(world.context.state().lastRound?.trigger).toBe("command");
  });

  it("is told as a whole to who waits for it", async () => {
    await start();
    const { status, body } = await post("/api/v1/round?wait=1");
    expect(status).toBe(200);
    expect(body).toMatchObject({ round: { number: 1, trigger: "command" } });
    expect(world.world.provider.values()).toBe("44.128.10.77");
  });

  it("goes on when who waited for it is gone", async () => {
    let isAborted = false;
    await start(
      overridden((own) => ({
        round: (signal) => {
          signal.addEventListener("abort", () => (isAborted = true));
          return new Promise((resolve) => setTimeout(resolve, 60)).then(() => own.round(signal));
        },
      })),
    );
    const gone = AbortSignal.timeout(20);
    const asking = world.ask("/api/v1/round?wait=1", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      signal: gone,
    });
    await expect(asking).rejects.toThrow();
    await expect.poll(() => world.context.state().lastRound?.number).toBe(1);
    expect(isAborted).toBe(false);
  });

  it("that the daemon's end cuts short is no bug", async () => {
    await start(overridden(() => ({ round: () => Promise.reject(new CancelledError()) })));
    expect(await post("/api/v1/round?wait=1")).toMatchObject({ status: 503, body: { type: "/api#ending" } });
    expect(await post("/api/v1/round")).toMatchObject({ status: 202 });
    expect(world.log.messages("error")).toEqual([]);
  });
});

describe("a plan", () => {
  it("says what would be done and does nothing", async () => {
    await start();
    const { changes } = await plan();
    expect(changes).toBe(8);
    expect([world.world.provider.writes, world.office.writes]).toEqual([[], []]);
    expect(world.archive.history(10)).toEqual([]);
  });

  it("is made true by who saw it", async () => {
    await start();
    const { digest } = await plan();
    const { status, body } = await post("/api/v1/plan/apply?wait=1", { plan: digest });
    expect([status, body]).toMatchObject([200, { round: { trigger: "command" } }]);
    expect(world.world.provider.writes).toHaveLength(6);
    expect(await plan()).toMatchObject({ changes: 0 });
  });

  it("that is another one by now is not made, and the new one comes back", async () => {
    await start();
    const { digest } = await plan();
    world.world.move("44.128.10.99");
    const { status, body } = await post("/api/v1/plan/apply", { plan: digest });

    expect([status, body]).toMatchObject([409, { type: "/api#plan-changed", status: 409 }]);
    expect(JSON.stringify(body)).toContain("44.128.10.99");
    expect(world.world.provider.writes).toEqual([]);
    expect(await plan()).toEqual(JSON.parse(JSON.stringify(body)).plan);
  });

  it("is not made without saying which", async () => {
    await start();
    for (const [body, words] of [
      [{}, "body.plan: missing, expected string"],
      [{ plan: "" }, "body.plan"],
      [{ plan: 7 }, "body.plan"],
      [{ plan: "x", force: true }, "body.force: unknown, expected plan"],
      [[], "body"],
      [null, "body"],
    ] as const) {
      const answer = await post("/api/v1/plan/apply", body);
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining(words)]);
    }
    expect(world.world.provider.writes).toEqual([]);
  });
});

describe("the doctor", () => {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
  };

  it("tells everything at the end", async () => {
    await start();
    const response = await world.ask("/api/v1/doctor", {
      ...post,
      headers: { "content-type": "application/json" },
    });
    const body: unknown = await response.json();
    expectValid("/api/v1/doctor", 200, body, "POST");
    expect(body).toMatchObject({ findings: [{ result: "ok" }, { result: "warning" }, {}, {}, {}] });
  });

  it("tells each finding as it comes, and when it is done", async () => {
    await start();
    const response = await world.ask("/api/v1/doctor", post);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const text = await response.text();
    expect(text.match(/^event: .*$/gm)).toEqual([...Array(5).fill("event: finding"), "event: ended"]);
  });

  it("stops when nobody listens any more", async () => {
    let ended = false;
    const doctor: Operations["doctor"] = async function* (signal) {
      yield { result: "ok", subject: "first", words: "well" };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      ended = true;
    };
    await start(overridden(() => ({ doctor })));
    const leaving = new AbortController();
    const response = await world.ask("/api/v1/doctor", { ...post, signal: leaving.signal });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("well");
    leaving.abort();
    await expect.poll(() => ended).toBe(true);
  });

  it("says so when it cannot go on", async () => {
    const doctor: Operations["doctor"] = async function* () {
      yield { result: "ok", subject: "first", words: "well" };
      throw new RangeError("broken");
    };
    await start(overridden(() => ({ doctor })));
    const text = await (await world.ask("/api/v1/doctor", post)).text();
    expect(text).toMatch(/event: finding[^]*event: failed\ndata: \{"message":"broken"\}/);
  });
});

describe("who may do what", () => {
  it("a token that may only read starts nothing, one that may operate does", async () => {
    const token = (name: string) => new Secret(() => `${name}-token-of-some-length-0123456789`);
    await start({
      settings: {
        tokens: [
          { name: "widget", scopes: ["read"], token: token("widget") },
          { name: "script", scopes: ["operate"], token: token("script") },
        ],
      },
    });
    const as = (name?: string) => ({
      "content-type": "application/json",
      ...(name && { authorization: `Bearer ${token(name).reveal()}` }),
    });
    const statuses = async (path: string, method: string) => {
      const answers = [undefined, "widget", "script"].map(async (name) => {
        const response = await world.ask(path, {
          method,
          headers: as(name),
          ...(method === "POST" && { body: "{}" }),
        });
        expectValid(path, response.status, await response.json(), method === "POST" ? "POST" : "GET");
        return response.status;
      });
      return Promise.all(answers);
    };
    expect(await statuses("/api/v1/state", "GET")).toEqual([401, 200, 200]);
    expect(await statuses("/raw", "GET")).toEqual([401, 200, 200]);
    expect(await statuses("/api/v1/openapi.json", "GET")).toEqual([401, 200, 200]);
    expect(await statuses("/api/v1/round", "POST")).toEqual([401, 403, 202]);
    expect(await statuses("/api/v1/doctor", "POST")).toEqual([401, 403, 200]);
    await expect(TestEventSource.open(`${world.server.origin}/api/v1/events`)).rejects.toThrow("401");
  });

  it("a page of another site starts nothing", async () => {
    await start();
    const response = await world.ask("/api/v1/round", {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "cross-site" },
      body: "{}",
    });
    expect(response.status).toBe(403);
    expect(world.context.state().round ?? world.context.state().lastRound).toBeUndefined();
  });
});
