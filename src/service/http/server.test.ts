import { describe, expect, it } from "vitest";
import { startForTest } from "#service/http/testdata/start.ts";

describe("the server", () => {
  it("answers a route", async () => {
    const server = await startForTest();
    const response = await fetch(`${server.origin}/hello`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("hello");
  });
});
