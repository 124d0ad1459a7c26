import { expect, it } from "vitest";
import type { Http, HttpRequest } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { fencedHttp } from "#kubernetes/cluster/fenced-http.ts";
import { exchange } from "#providers/_shared/exchange.ts";
import { outcomeOf } from "#providers/_shared/answer-error.ts";
import { NEVER } from "#testing/engine-world.ts";

const URL_OF_DNS = new URL("https://dns.example.net/zones/example.org?secret=1");

function counted(): { readonly http: Http; readonly methods: string[] } {
  const methods: string[] = [];
  const http: Http = {
    async request({ method }) {
      methods.push(method);
      return { status: 200, headers: {}, body: new Uint8Array(), server: undefined };
    },
  };
  return { http, methods };
}

function request(method: HttpRequest["method"]): HttpRequest {
  return { method, url: URL_OF_DNS, connection: "kept", maxBytes: 100, timeout: milliseconds(1000) };
}

it.each(["DELETE", "GET", "PATCH", "POST", "PUT"] as const)(
  "a %s goes out as long as this node may write",
  async (method) => {
    const { http, methods } = counted();
    let mayWrite = true;
    const fenced = fencedHttp(http, () => mayWrite);
    await fenced.request(request(method), NEVER);
    mayWrite = false;
    await expect(fenced.request(request(method), NEVER)).rejects.toMatchObject({
      code: "fenced",
      phase: "unsent",
      message: 'Cannot ask "https://dns.example.net": another node may write by now',
    });
    expect(methods).toEqual([method]);
  },
);

it("a write that did not go out has failed: nobody has to look whether it was made", async () => {
  const fenced = fencedHttp(counted().http, () => false);
  const write = { effect: "write", method: "PUT", url: URL_OF_DNS, headers: {} } as const;
  const outcome = await exchange(fenced, write, NEVER).then(
    () => undefined,
    (error: unknown) => outcomeOf(error),
  );
  expect(outcome).toMatchObject({ kind: "failed" });
});
