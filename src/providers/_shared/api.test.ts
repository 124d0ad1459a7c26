import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CancelledError, TransportError, type TransportPhase } from "#core/errors.ts";
import type { Http, HttpRequest, HttpResponse } from "#core/ports.ts";
import { Secret } from "#core/secret.ts";
import { outcomeOf } from "#providers/_shared/answer-error.ts";
import { type Api, createApi } from "#providers/_shared/api.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const signal = new AbortController().signal;
const answer = z.strictObject({ id: z.int() });

function api(
  exchange: (request: HttpRequest) => Partial<HttpResponse> | Error,
  endpoint = "https://api.test",
): Api {
  const http: Http = {
    request(request) {
      const result = exchange(request);
      if (result instanceof Error) return Promise.reject(result);
      return Promise.resolve({
        status: 200,
        headers: {},
        body: new Uint8Array(),
        server: undefined,
        ...result,
      });
    },
  };
  return createApi(http, new ManualClock(), {
    title: "Vendor",
    endpoint: new URL(endpoint),
    root: "/v1",
    headers: () => ({ authorization: "Bearer s3cret-token" }),
    secrets: [new Secret(() => "s3cret-token")],
    explain: (_, json) => ({ words: z.object({ error: z.string() }).safeParse(json).data?.error }),
  });
}

function write(target: Api) {
  const call = {
    action: "write",
    effect: "write",
    method: "PUT",
    path: "/x",
    body: { a: 1 },
    answer,
  } as const;
  return target.call(call, signal);
}

function read(target: Api) {
  return target.call({ action: "read it", effect: "read", method: "GET", path: "/x", answer }, signal);
}

async function outcomeFor(exchange: Parameters<typeof api>[0]) {
  return write(api(exchange)).then(() => ({ kind: "applied" }), outcomeOf);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

describe("the API client", () => {
  it("sends JSON with an honest User-Agent over a kept connection", async () => {
    const seen: HttpRequest[] = [];
    await write(
      api((request) => {
        seen.push(request);
        return { body: text('{"id":1}') };
      }),
    );
    expect(seen).toMatchObject([
      {
        method: "PUT",
        body: '{"a":1}',
        connection: "kept",
        headers: {
          "user-agent": expect.stringMatching(/^esddns\/\d+\.\d+\.\d+ \(\+https:/),
          "content-type": "application/json",
          authorization: "Bearer s3cret-token",
        },
        timeout: 25_000,
        maxBytes: 8 * 1024 * 1024,
      },
    ]);
  });

  it.each([
    ["https://api.test", "https://api.test/v1/x"],
    ["https://api.test/", "https://api.test/v1/x"],
    ["https://api.test/v1", "https://api.test/v1/x"],
    ["https://proxy.test/vendor", "https://proxy.test/vendor/v1/x"],
    ["https://proxy.test/vendor/v1/", "https://proxy.test/vendor/v1/x"],
  ])("finds its way below %s", async (endpoint, url) => {
    let seen = "";
    await read(
      api((request) => {
        seen = request.url.href;
        return { body: text('{"id":1}') };
      }, endpoint),
    );
    expect(seen).toBe(url);
  });

  it.each([
    [400, "refused", "invalid"],
    [401, "refused", "authentication"],
    [403, "refused", "not-allowed"],
    [404, "refused", "not-found"],
    [409, "refused", "conflict"],
    [422, "refused", "invalid"],
    [301, "failed", undefined],
    [408, "failed", undefined],
    [429, "failed", undefined],
    [500, "failed", undefined],
    [503, "failed", undefined],
    [504, "unconfirmed", undefined],
  ])("takes %i after a write for %s", async (status, kind, cause) => {
    const outcome = await outcomeFor(() => ({ status, body: text('{"error":"no"}') }));
    expect(outcome).toMatchObject(cause ? { kind, cause } : { kind });
  });

  it("waits as long as a 503 asks to", async () => {
    const outcome = await outcomeFor(() => ({ status: 503, headers: { "retry-after": "11" } }));
    expect(outcome).toMatchObject({ kind: "failed", retryAfter: 11_000 });
  });

  it.each<[TransportPhase, string]>([
    ["sent", "unconfirmed"],
    ["unsent", "failed"],
  ])("takes a broken connection after a write that was %s for %s", async (phase, kind) => {
    const error = new TransportError("broken", { code: "reset", peer: "https://api.test", phase });
    expect(await outcomeFor(() => error)).toMatchObject({ kind });
  });

  it("takes a broken connection after a read for what it is", async () => {
    const error = new TransportError("broken", { code: "reset", peer: "https://api.test", phase: "sent" });
    await expect(read(api(() => error))).rejects.toBe(error);
  });

  it("takes a cancellation for one, but of a write only for an unknown end", async () => {
    await expect(read(api(() => new CancelledError()))).rejects.toBeInstanceOf(CancelledError);
    expect(await outcomeFor(() => new CancelledError())).toMatchObject({ kind: "unconfirmed" });
  });

  it.each([["<html>"], ["{"], ['{"id":"1"}'], ['{"id":1,"more":2}'], [""], ["\u0000"]])(
    "takes the body %j for nothing that was confirmed",
    async (body) => {
      expect(await outcomeFor(() => ({ body: text(body) }))).toMatchObject({ kind: "unconfirmed" });
      await expect(read(api(() => ({ body: text(body) })))).rejects.toMatchObject({ code: "unreadable" });
    },
  );

  it("repeats the vendor's words without the secret in them", async () => {
    const body = text('{"error":"token s3cret-token\\nis wrong"}');
    const error: unknown = await read(api(() => ({ status: 401, body }))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: 'Cannot read it: Vendor answers 401 "token ••• is wrong"',
      retry: "never",
      status: 401,
    });
  });

  it("lets a bug be a bug", async () => {
    await expect(outcomeFor(() => new TypeError("bug"))).rejects.toThrow("bug");
  });
});
