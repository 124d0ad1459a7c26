import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { missing } from "../require-peer.ts";
import { useChromium } from "./chromium.ts";
import { useLab } from "./lab-dashboard.ts";

/** Somebody else's site, on another port of this host. */
async function serveStranger(html: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  return `http://localhost:${typeof bound === "object" && bound ? bound.port : 0}`;
}

const REFUSED = [
  /status of (400|403|421)/,
  /favicon/,
  /CORS policy/,
  /ERR_(FAILED|BLOCKED_BY_RESPONSE)/,
  /frame-ancestors|Framing/i,
];
/** Of a page whose name is not trusted, and that gets no style. */
const UNTRUSTED = [/Cross-Origin-Opener-Policy header has been ignored/, /Refused to apply style/];

describe.skipIf(missing("chromium"))("a page of somebody else", () => {
  const chromium = useChromium(["--host-resolver-rules=MAP evil.example 127.0.0.1"]);
  const lab = useLab();

  async function truth(): Promise<string> {
    const answer = await fetch(lab().at("/lab"));
    return /<div class="line true">[\s\S]*?<\/div>/.exec(await answer.text())?.[0] ?? "";
  }

  it.each([
    ["no token", ""],
    ["a token that it made up", "A".repeat(43)],
  ])("cannot send our forms, with %s", async (_what, csrf) => {
    const before = await truth();
    expect(before).toContain("203.0.113.2");
    for (const path of ["/lab/move", "/round", "/plan/apply", "/api/v1/round", "/sign-out"]) {
      const stranger = await serveStranger(
        `<form method="post" action="${lab().at(path)}"><input name="csrf" value="${csrf}"><button>Win a prize</button></form>`,
      );
      const page = await chromium.open(stranger, { origins: [lab().origin], forgives: REFUSED });
      const [response] = await Promise.all([
        page.waitForResponse(lab().at(path)),
        page.getByRole("button").click(),
      ]);
      expect([path, response.status()]).toEqual([path, 403]);
    }
    expect(await truth()).toBe(before);
  });

  it("cannot send our requests by script, nor read our answers", async () => {
    const before = await truth();
    const stranger = await serveStranger("<!doctype html><title>stranger</title>");
    const page = await chromium.open(stranger, { origins: [lab().origin], forgives: REFUSED });
    const attempt = (path: string, options: object) =>
      page.evaluate(
        `fetch(${JSON.stringify(lab().at(path))}, ${JSON.stringify(options)}).then((answer) => answer.text().then((text) => answer.type + text.length), () => "refused")`,
      );
    const json = { "content-type": "application/json" };
    expect(await attempt("/api/v1/round", { method: "POST", headers: json, body: "{}" })).toBe("refused");
    expect(await attempt("/api/v1/state", {})).toBe("refused");
    expect(await attempt("/", {})).toBe("refused");
    expect(await attempt("/raw", { mode: "no-cors" })).toBe("refused");
    expect(await attempt("/lab/move", { method: "POST", mode: "no-cors", body: "a=b" })).toBe("refused");
    expect(await truth()).toBe(before);
  });

  it("cannot use our scripts and pictures as its own", async () => {
    const mark = /href="(\/assets\/mark[^"]+)"/.exec(await (await fetch(lab().at("/"))).text())?.[1] ?? "";
    const stranger = await serveStranger(
      `<img src="${lab().at(mark)}" onload="document.title = 'shown'" onerror="document.title = 'refused'">`,
    );
    const page = await chromium.open(stranger, {
      origins: [lab().origin],
      forgives: REFUSED,
    });
    await page.waitForFunction("document.title !== ''");
    // Another port of the same host is the same site: the policy of CORP lets nobody but our origin
    expect(await page.title()).toBe("refused");
  });

  it("cannot show us in a frame", async () => {
    const stranger = await serveStranger(`<iframe src="${lab().at("/")}"></iframe>`);
    const page = await chromium.open(stranger, { origins: [lab().origin], forgives: REFUSED });
    const frame = page.frames().find((each) => each !== page.mainFrame());
    await page.waitForLoadState("networkidle");
    expect(frame?.url()).not.toBe(lab().at("/"));
    expect(await frame?.evaluate("document.body.innerText")).not.toContain("Overview");
  });

  it("cannot reach us by a name of its own that leads here", async () => {
    const evil = `http://evil.example:${new URL(lab().origin).port}`;
    const page = await chromium.open(`${evil}/`, { forgives: [...REFUSED, ...UNTRUSTED] });
    const text = await page.locator("body").innerText();
    expect(text).toContain(`This service is not known as "evil.example"`);
    expect(text).not.toContain("203.0.113.");
    const state = "fetch('/api/v1/state').then((answer) => answer.status)";
    expect(await page.evaluate(state)).toBe(421);
  });
});
