import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { freePort } from "../free-port.ts";
import { Lab } from "../lab.ts";
import { esddns } from "../program.ts";

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

  it("is exit 1 when the daemon is not live", async () => {
    using service = await serving(hanging);
    const { port } = service;
    const result = await esddns(["healthcheck", "--url", `http://127.0.0.1:${port}`]);
    const stderr = `Not live: 127.0.0.1:${port} says 503 failed: loop\n`;
    expect(result).toMatchObject({ status: 1, stdout: "", stderr });
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
