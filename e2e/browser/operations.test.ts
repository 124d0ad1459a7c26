import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { untilValues } from "../dns-client.ts";
import { type Config, NAME, ZONE } from "../lab.ts";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { useChromium } from "./chromium.ts";
import { ownDashboard } from "./own.ts";
import { picture } from "./screenshots.ts";

const OTHER = `office.${ZONE}`;

/** What somebody else wrote, for a plan to put right. */
const STRANGE = "203.0.113.77";

/** A daemon that does nothing by itself once its first round is over. */
const IDLE: Config = { schedule: { interval: "1h", probe: "off" } };

const serve = (sections: Config = {}) => ownDashboard({ ...IDLE, ...sections });

/** A program that takes messages. */
async function receiver(status: number) {
  const requests: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      requests.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const bound = server.address();
  const port = typeof bound === "object" && bound ? bound.port : 0;
  return { requests, url: `http://127.0.0.1:${port}/hook` };
}

describe.skipIf(missing("chromium"))("Plan", () => {
  const chromium = useChromium();

  it("shows what a round would do, does nothing by being looked at, and does it when told to", async () => {
    const { lab, dashboard } = await serve({
      records: [
        { name: NAME, ttl: 60 },
        { name: OTHER, ttl: 60 },
      ],
    });
    await untilValues(lab.nameServer, OTHER, [lab.address()]);
    const page = await chromium.open(dashboard.at("/plan"));
    await page.getByText("Nothing to do: every record is right.").waitFor();

    lab.set(STRANGE);
    await page.getByRole("link", { name: "Plan again" }).click();
    await page.getByText("One record would be written.").waitFor();
    expect(await page.locator(".diff .goes").innerText()).toContain(STRANGE);
    expect(await page.locator(".diff .comes").innerText()).toContain(lab.address());
    expect(lab.contents.at(-1)).toBe(STRANGE);
    await picture(page, "plan-change");

    await page.getByRole("button", { name: "Make these changes" }).click();
    await page.getByText("The round is over.").waitFor();
    await page.getByText("Nothing to do: every record is right.").waitFor();
    await untilValues(lab.nameServer, NAME, [lab.address()]);
  });

  it("does not make other changes than were seen", async () => {
    const { lab, dashboard } = await serve();
    lab.set(STRANGE);
    const page = await chromium.open(dashboard.at("/plan"));
    await page.getByText("One record would be written.").waitFor();
    const moved = lab.move();
    await page.getByRole("button", { name: "Make these changes" }).click();
    await page.getByText("Nothing was written:").waitFor();
    expect(await page.locator(".diff .comes").innerText()).toContain(moved);
    expect(lab.contents.at(-1)).toBe(STRANGE);
    await picture(page, "plan-changed");
  });
});

describe.skipIf(missing("chromium"))("Doctor", () => {
  const chromium = useChromium();

  it("tells its findings as they come, problems apart", async () => {
    const { lab, dashboard } = await serve({
      consensus: { quorum: 2, deadline: "2s", allowRanges: ["203.0.113.0/24"] },
    });
    lab.stun[0]?.behave("silent");
    const page = await chromium.open(dashboard.at("/doctor"));
    await page.getByRole("button", { name: "Run the doctor" }).click();
    const count = () => page.locator("#examination li").count();
    // Some are there while others are still waited for
    await page.getByRole("button", { name: "Running…" }).waitFor();
    await until("the first finding", async () => (await count()) > 0);
    const early = await count();
    expect(await page.getByText("looked at so far …").isVisible()).toBe(true);
    await page.getByRole("button", { name: "Run it again" }).waitFor();
    expect(await count()).toBeGreaterThan(early);
    expect(await page.locator("#examination-summary").innerText()).toBe("no problems, 1 warning, 7 fine");
    expect(await page.locator("[data-group=warning]").innerText()).toMatch(
      /alpha[\s\S]*gives no answer within 5 s/,
    );
    await picture(page, "doctor-findings");
  });
});

describe.skipIf(missing("chromium"))("Notifications", () => {
  const chromium = useChromium();

  it("a test message reaches a program, signed", async () => {
    const hook = await receiver(204);
    const notify = { me: { type: "webhook", url: hook.url, secret: "a secret of ours" } };
    const { dashboard } = await serve({ notify });
    const page = await chromium.open(dashboard.at("/providers"));
    await page.getByRole("button", { name: "Send a test message to me" }).click();
    await page.getByText("A test message went to me").waitFor();
    const tests = hook.requests.filter(({ body }) => body.includes('"test":"true"'));
    expect(tests).toHaveLength(1);
    const [request] = tests;
    const { "webhook-id": id, "webhook-timestamp": timestamp, ...rest } = request?.headers ?? {};
    const signed = `${String(id)}.${String(timestamp)}.${request?.body}`;
    const mac = createHmac("sha256", "a secret of ours").update(signed).digest("base64");
    expect(rest["webhook-signature"]).toBe(`v1,${mac}`);
  });

  it("a test message that is refused says by whom and why", async () => {
    const hook = await receiver(403);
    const { dashboard } = await serve({ notify: { me: { type: "webhook", url: hook.url } } });
    const page = await chromium.open(dashboard.at("/providers"), { forgives: [/502/] });
    await page.getByRole("button", { name: "Send a test message to me" }).click();
    const words = page.getByText("me did not get its test message.");
    await words.waitFor();
    expect(await words.innerText()).toMatch(/403/);
    expect(await page.content()).not.toContain("/hook");
    await picture(page, "providers-notification-failed");
  });
});

describe.skipIf(missing("chromium"))("Configuration and API", () => {
  const chromium = useChromium();

  it("Configuration shows what is in force, where from, and what is wrong with the file by now", async () => {
    const { lab, dashboard } = await serve();
    const page = await chromium.open(dashboard.at("/configuration"));
    await page.getByText("The file on the disk has no problems.").waitFor();
    expect(
      await page
        .getByRole("row", { name: /deadline/ })
        .first()
        .innerText(),
    ).toMatch(/s/);
    lab.write({ consensus: { quorun: 3 } });
    await page.reload();
    const notice = page.locator(".notice.bad");
    expect(await notice.innerText()).toMatch(/quorun/);
    expect(await notice.innerText()).toMatch(/line \d+/);
    await picture(page, "configuration-problem");
  });

  it("API is a page to read, and its commands work as they stand there", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { lab, dashboard } = await serve();
    const page = await chromium.open(dashboard.at("/api"), { permissions });
    const endpoint = page.locator("details", { hasText: "/api/v1/summary" }).first();
    await endpoint.locator("summary").click();
    await endpoint.getByRole("button", { name: /^Copy curl/ }).click();
    const command = String(await page.evaluate("navigator.clipboard.readText()"));
    const [url = ""] = /https?:[^\s'"]+/.exec(command) ?? [];
    const answer = await page.request.get(url);
    expect(JSON.stringify(await answer.json())).toContain(lab.address());
    const document = await page.request.get(dashboard.at("/api/v1/openapi.json"));
    expect(await document.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  });
});
