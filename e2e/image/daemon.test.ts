import { chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ownArchitecture } from "../../scripts/image/architecture.ts";
import { freePort } from "../free-port.ts";
import { KEY_NAME, Lab } from "../lab.ts";
import { Container } from "./container.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import type { Mount } from "./runtime-spec.ts";
import { Unpacked } from "./unpacked.ts";

const USER = 65_532;

/** A lab, and what a container needs for it: its configuration with the paths that it sees, secrets, a volume. */
class Home implements AsyncDisposable {
  readonly lab: Lab;
  readonly port: number;
  readonly store: string;

  private constructor(lab: Lab, port: number) {
    this.lab = lab;
    this.port = port;
    this.store = lab.scratch.at("store");
    mkdirSync(this.store, { mode: 0o700 });
    chownSync(this.store, USER, USER);
  }

  static async start(): Promise<Home> {
    return new Home(await Lab.start(), await freePort());
  }

  get mounts(): readonly Mount[] {
    const { lab } = this;
    const key = { name: KEY_NAME, algorithm: "hmac-sha256", secret: { file: "/run/secrets/key" } };
    const config = {
      ...lab.config({
        providers: { lab: { ...lab.provider, key } },
        tls: { caFile: "/etc/esddns/ca.pem" },
        service: { listen: `127.0.0.1:${this.port}` },
      }),
      // The image says where the store is
      store: undefined,
    };
    const readable = (name: string, text: string) => lab.scratch.write(name, text, 0o644);
    return [
      { source: readable("container.yaml", JSON.stringify(config)), target: "/etc/esddns/esddns.yaml" },
      { source: readable("container-ca.pem", lab.caPem), target: "/etc/esddns/ca.pem" },
      { source: readable("container.key", lab.keySecret), target: "/run/secrets/key" },
      { source: this.store, target: "/var/lib/esddns", isWritable: true },
      { target: "/tmp" },
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]();
  }
}

describe.skipIf(cannotBuild())("the daemon in a container", () => {
  let image: Unpacked;
  beforeAll(() => void (image = new Unpacked(builtImage(ownArchitecture()).archive)));
  afterAll(() => image?.[Symbol.dispose]());

  /** Until its record is right for the first time. */
  async function running(home: Home): Promise<Container> {
    const container = new Container(image, { mounts: home.mounts, network: "host" });
    await container.child.until("it has started", () => container.child.stderr.includes("esddns started"));
    await home.lab.follows();
    return container;
  }

  it("follows the address, and its record with it", async () => {
    await using home = await Home.start();
    await using container = await running(home);
    home.lab.move();
    await home.lab.follows();
    expect(container.child.ended).toBeUndefined();
  });

  it("is asked for its health by the command that the image names, and by anyone who enters it", async () => {
    await using home = await Home.start();
    await using container = await running(home);
    const [, ...check] = z.array(z.string()).parse(image.configuration.config.Healthcheck["Test"]);
    const stdout = `Live: 127.0.0.1:${home.port}\n`;
    expect(await container.exec(check)).toMatchObject({ status: 0, stdout, stderr: "" });
    expect(await container.exec(["esddns", "status"])).toMatchObject({ status: 0 });
  });

  it("ends well and soon when it is told to", async () => {
    await using home = await Home.start();
    await using container = await running(home);
    const start = performance.now();
    expect(await container.stop("SIGTERM")).toEqual({ status: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("keeps its store in the volume, and finds it again", async () => {
    await using home = await Home.start();
    {
      await using first = await running(home);
      await first.stop();
    }
    expect(existsSync(`${home.store}/esddns.db`)).toBe(true);
    const written = home.lab.contents.length;
    await using second = await running(home);
    expect(await second.exec(["esddns", "history"])).toMatchObject({ status: 0, stdout: /./ });
    expect(home.lab.contents.length).toBe(written);
  });

  it("is as small as on a host: it has begun again without a compiler", async () => {
    await using home = await Home.start();
    await using container = await running(home);
    const read = (name: string) => readFileSync(`/proc/${container.pid}/${name}`, "utf8");
    expect(read("cmdline").split("\0")).toEqual(
      expect.arrayContaining(["/usr/bin/node", "--jitless", "run"]),
    );
    const megabytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(read("status"))?.[1]) / 1000;
    console.log(`resident memory in the container: ${megabytes.toFixed(0)} MB`);
    expect(megabytes).toBeLessThan(100);
  });
});
