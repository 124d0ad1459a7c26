import { afterEach, describe, expect, it } from "vitest";
import type { ConfigurationReport } from "#service/context.ts";
import { configurationRoutes } from "#service/pages/configuration.ts";
import { askPage } from "#testing/ask-route.ts";
import { type ServiceWorld, serviceWorld } from "#testing/service-world.ts";

let world: ServiceWorld | undefined;

afterEach(() => world?.close());

async function pageWith(configuration?: () => Promise<ConfigurationReport>): Promise<string> {
  world = await serviceWorld("empty");
  const operations = { ...world.context.operations, ...(configuration && { configuration }) };
  return askPage(configurationRoutes({ ...world.context, operations }), "GET", "/configuration");
}

describe("the configuration's page", () => {
  it("puts what is wrong with the file before the values, with the line", async () => {
    const html = await pageWith();
    expect(html).toContain("The file on the disk cannot be used as it is");
    expect(html).toContain("line 24");
    expect(html.indexOf("line 24")).toBeLessThan(html.indexOf("Values in force"));
  });

  it("says when nothing is wrong with it", async () => {
    const html = await pageWith(() => Promise.resolve({ file: "esddns.yaml", values: [], notes: [] }));
    expect(html).toContain("The file on the disk has no problems.");
  });

  it("says why the file cannot be read, and that the daemon goes on", async () => {
    const html = await pageWith(() =>
      Promise.reject(new Error("Cannot read esddns.yaml: permission denied")),
    );
    expect(html).toContain("Cannot read esddns.yaml: permission denied");
    expect(html).toContain("The daemon goes on with what it has read before.");
  });

  it("changes nothing: there is no form on it", async () => {
    expect(await pageWith()).not.toContain("<form");
  });
});
