import { describe, expect, it } from "vitest";
import type { Route } from "#service/http/route.ts";
import { createLateRouter } from "#service/http/router.ts";

function route(path: string, method: Route["method"] = "GET"): Route {
  return { method, path, access: "open", handle: () => ({ kind: "text", type: "text/plain", text: path }) };
}

describe("routes of which some come later", () => {
  it("are fetched once, when somebody asks for what is not there yet", async () => {
    let fetched = 0;
    const router = createLateRouter([route("/livez")], async () => {
      fetched += 1;
      return [route("/"), route("/livez", "POST")];
    });
    expect(await router("GET", ["livez"])).toMatchObject({ kind: "route", route: { path: "/livez" } });
    expect(fetched).toBe(0);
    expect(await router("GET", [""])).toMatchObject({ kind: "route", route: { path: "/" } });
    expect(await router("GET", ["nowhere"])).toEqual({ kind: "nothing" });
    expect(await router("POST", ["livez"])).toMatchObject({ kind: "route", route: { method: "POST" } });
    expect(await router("PUT", [""])).toMatchObject({ kind: "other-method" });
    expect(fetched).toBe(1);
  });
});
