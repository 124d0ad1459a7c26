import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { freePort } from "../free-port.ts";
import { Lab } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";

const live: RequestListener = ({ url }, response) => response.end(url === "/livez" ? "ok\n" : "a page\n");
const hanging: RequestListener = (_request, response) => {
  response.statusCode = 503;
  response.end("failed: loop\n");
};

/** Something that answers as the daemon's service does. */
async function serving(listener: RequestListener): Promise<{ port: number } & Disposable> {
  const server = createServer(listener);
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe.concurrent("esddns healthcheck", () => {
  it("asks where the configuration says, wherever that listens, and says one line", async () => {
    using service = await serving(live);
    await using lab = await Lab.start();
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      const file = lab.write({ service: { listen: `${host}:${service.port}` } });
      const result = await esddns(["--config", file, "healthcheck"]);
      expect(result).toMatchObject({ status: 0, stdout: `Live: 127.0.0.1:${service.port}\n`, stderr: "" });
    }
  });

  it("asks where everybody may ask, and where the dashboard is when nobody answers there", async () => {
    using service = await serving(live);
    using other = await serving(hanging);
    await using lab = await Lab.start();
    const check = async (health: number, listen: number) => {
      const at = (port: number) => `0.0.0.0:${port}`;
      const file = lab.write({ service: { listen: at(listen), health: at(health) } });
      return esddns(["--config", file, "healthcheck"]);
    };
    const isLive = { status: 0, stdout: `Live: 127.0.0.1:${service.port}\n`, stderr: "" };
    expect(await check(service.port, other.port)).toMatchObject(isLive);
    expect(await check(service.port, 0)).toMatchObject(isLive);
    expect(await check(await freePort(), service.port)).toMatchObject(isLive);
    expect(await check(0, service.port)).toMatchObject(isLive);
    // Whoever answers has the last word
    expect(await check(other.port, service.port)).toMatchObject({ status: 1 });
  });

  it("finds a daemon that tells everybody of its health, and nothing else", async () => {
    await using lab = await Lab.start();
    const [port, dashboard] = [await freePort(), await freePort()];
    const health = `0.0.0.0:${port}`;
    const file = lab.write({ service: { listen: `127.0.0.1:${dashboard}`, health } });
    await using daemon = await Daemon.start(file);
    await daemon.says("Health and metrics are served");
    expect(await esddns(["--config", file, "healthcheck"])).toMatchObject({
      status: 0,
      stdout: `Live: 127.0.0.1:${port}\n`,
    });
    await lab.follows();
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    for (const path of ["/livez", "/readyz", "/healthz"]) expect((await ask(path)).status).toBe(200);
    const metrics = await (await ask("/metrics")).text();
    expect(metrics).toContain('esddns_record_in_sync{domain="home.lab.example",record_type="A"} 1');
    expect(metrics).not.toContain(lab.address());
    for (const path of ["/", "/sign-in", "/raw", "/api/v1/summary", "/sources"])
      expect((await ask(path)).status).toBe(404);
  });

  it("is exit 1 when the daemon is not live", async () => {
    using service = await serving(hanging);
    const { port } = service;
    const result = await esddns(["healthcheck", "--url", `http://127.0.0.1:${port}`]);
    const stderr = `Not live: 127.0.0.1:${port} says 503 failed: loop\n`;
    expect(result).toMatchObject({ status: 1, stdout: "", stderr });
  });

  it("asks again for as long as it is told to", async () => {
    let asked = 0;
    using service = await serving((request, response) => {
      asked += 1;
      (asked < 3 ? hanging : live)(request, response);
    });
    const url = `http://127.0.0.1:${service.port}`;
    expect(await esddns(["healthcheck", "--url", url, "--wait", "60s"])).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(asked).toBe(3);
    const { status, stderr } = await esddns([
      "healthcheck",
      "--url",
      `http://127.0.0.1:${await freePort()}`,
      "--wait",
      "1500ms",
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain("ECONNREFUSED");
  });

  it("is exit 1 when there is none", async () => {
    const port = await freePort();
    const { status, stderr } = await esddns(["healthcheck", "--url", `http://127.0.0.1:${port}/livez`]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Cannot ask the daemon at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/);
  });

  it("does not call a daemon dead whose configuration file was broken since", async () => {
    await using lab = await Lab.start();
    const file = lab.write({ consensus: { qourum: 2 } });
    const { stderr } = await esddns(["--config", file, "healthcheck"]);
    expect(stderr).toMatch(/^Cannot use the configuration.*; asking at the default address\n/);
  });

  it.each([
    [["--url", "home"], /^Cannot ask "home": expected a URL/],
    [["--url", "file:///etc/passwd"], /^Cannot ask/],
    [["--wait", "30"], /^Cannot use --wait "30": expected a duration/],
  ])("%j is wrong usage: exit 2", async (words, message) => {
    const { status, stderr } = await esddns(["healthcheck", ...words]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("cannot ask a daemon whose port is another one each time: exit 2", async () => {
    await using lab = await Lab.start();
    const file = lab.write({ service: { listen: "127.0.0.1:0" } });
    const { status, stderr } = await esddns(["--config", file, "healthcheck"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Cannot ask the daemon: `service.listen` has the port 0.* --url /);
  });

  it("cannot ask a daemon without service: exit 2", async () => {
    await using lab = await Lab.start();
    const { status, stderr } = await esddns(["--config", lab.write({ service: false }), "healthcheck"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Cannot ask the daemon: the configuration says `service: false`/);
  });
});
