import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingGo, PATH_WITH_GO } from "../../scripts/go.ts";
import { ownArchitecture } from "../../scripts/image/architecture.ts";
import { SETTINGS } from "../../scripts/image/settings.ts";
import { blocksOf, deadLinks } from "../kube/guide.ts";
import { runWell } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { composeMounts, readCompose, ROOT } from "./compose.ts";
import { Container, inContainer } from "./container.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import { Unpacked } from "./unpacked.ts";

const USER = 65_532;
const GUIDE = "docs/install/docker.md";
const compose = readCompose();
const service = compose.services.esddns;

describe("compose.yaml", () => {
  it.skipIf(missingGo())("is read by the library of docker compose as it is meant", () => {
    const { status, stdout, stderr } = spawnSync("go", ["run", ".", path.join(ROOT, "compose.yaml")], {
      cwd: path.join(import.meta.dirname, "compose-check"),
      env: { ...process.env, PATH: PATH_WITH_GO },
      encoding: "utf8",
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      services: {
        esddns: {
          read_only: true,
          cap_drop: ["ALL"],
          security_opt: ["no-new-privileges:true"],
          mem_limit: String(256 * 1024 * 1024),
          ports: [{ host_ip: "127.0.0.1", published: "51339", target: 51_339 }],
          healthcheck: { test: ["CMD", ...SETTINGS.healthcheck.command], interval: "1m0s" },
        },
      },
    });
  });

  it("publishes the dashboard on this host alone", () => {
    expect(service.ports).toEqual(["127.0.0.1:51339:51339"]);
  });

  it("names the image, the user and the health check as the image does", () => {
    const { command, interval, timeout, start, retries } = SETTINGS.healthcheck;
    expect(service).toMatchObject({
      image: expect.stringMatching(/^ghcr\.io\/esddns\/esddns:\d+\.\d+\.\d+$/),
      user: SETTINGS.user,
      healthcheck: {
        test: ["CMD", ...command],
        interval: `${interval}s`,
        timeout: `${timeout}s`,
        start_period: `${start}s`,
        retries,
      },
    });
  });
});

describe("the guide to Docker", () => {
  it("leads nowhere that is not there, and says of each command that no test runs why", () => {
    expect(deadLinks(GUIDE)).toEqual([]);
    const shell = blocksOf(GUIDE).filter(({ language }) => language === "sh");
    const run = shell.filter(({ notRun }) => notRun === undefined).map(({ text }) => text);
    // The first is run by the test that builds twice, the second below
    expect(run).toEqual(["npm run image -- --arch amd64\n", "mkdir -p config && mkdir -p -m 700 secrets\n"]);
  });

  it("names the version of package.json", async () => {
    const { VERSION } = await import("../../scripts/image/package-lock.ts");
    const texts = [...blocksOf(GUIDE).map(({ text }) => text), service.image].join("\n");
    const named = [...texts.matchAll(/esddns[:-](\d+\.\d+\.\d+)/g)].map(([, version]) => version);
    expect(named.length).toBeGreaterThan(3);
    expect(new Set(named)).toEqual(new Set([VERSION]));
  });
});

describe.skipIf(cannotBuild())("what compose.yaml runs, with what the guide says", () => {
  let image: Unpacked;
  const scratch = new Scratch();
  const mounts = () => composeMounts(compose, scratch.folder);

  beforeAll(async () => {
    image = new Unpacked(builtImage(ownArchitecture()).archive);
    for (const { language, text, notRun } of blocksOf(GUIDE)) {
      if (notRun === undefined && text.startsWith("mkdir"))
        await runWell(["sh", "-ec", text], { cwd: scratch.folder });
      if (language === "yaml") scratch.write("config/esddns.yaml", text, 0o644);
    }
    scratch.write("secrets/token", "not a token of anybody's\n", 0o400);
    const { stdout } = await inContainer(image, ["password"], { input: "correct horse\n" });
    scratch.write("secrets/dashboard", stdout, 0o400);
    for (const name of ["secrets/token", "secrets/dashboard"]) chownSync(scratch.at(name), USER, USER);
    // A named volume begins with the owner that the image's folder has
    mkdirSync(scratch.at("store"), { mode: 0o700 });
    chownSync(scratch.at("store"), USER, USER);
  });
  afterAll(() => {
    image?.[Symbol.dispose]();
    scratch[Symbol.dispose]();
  });

  it("has a configuration without a mistake", async () => {
    const result = await inContainer(image, ["config", "check"], { mounts: mounts() });
    expect(result).toMatchObject({ status: 0, stderr: "" });
  });

  it("is healthy, keeps its store, and shows nobody anything without the password", async () => {
    await using container = new Container(image, { mounts: mounts() });
    await container.child.until("it has started", () => container.child.stderr.includes("esddns started"));
    const [, ...check] = service.healthcheck.test;
    expect(await container.exec(check)).toMatchObject({ status: 0, stdout: "Live: 127.0.0.1:51339\n" });
    const ask = `fetch("http://127.0.0.1:51339/api/v1/summary").then(({ status }) => console.log(status))`;
    expect(await container.exec(["node", "-e", ask])).toMatchObject({ stdout: "401\n" });
    expect(existsSync(scratch.at("store/esddns.db"))).toBe(true);
    expect(await container.stop()).toEqual({ status: 0, signal: null });
  });

  it("does not start where others could see the dashboard and there is no password", async () => {
    const open =
      "providers: { m: { type: memory } }\nrecords: [{ name: home.example.org }]\nservice: { listen: 0.0.0.0:51339 }\n";
    const file = scratch.write("open.yaml", open, 0o644);
    const { status, stderr } = await inContainer(image, ["run"], {
      mounts: [{ source: file, target: "/etc/esddns/esddns.yaml" }, { target: "/tmp" }],
    });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/password/) });
  });
});
