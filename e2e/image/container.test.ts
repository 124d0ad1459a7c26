import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDomainName } from "#core/name.ts";
import { canonicalValues } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { startDnsServer } from "#lab/dns-server.ts";
import { ownArchitecture } from "../../scripts/image/architecture.ts";
import { VERSION } from "../../scripts/image/package-lock.ts";
import { literal, NAME, ZONE } from "../lab.ts";
import { Scratch } from "../scratch.ts";
import { inContainer } from "./container.ts";
import { builtImage, cannotBuild } from "./requirements.ts";
import type { Mount } from "./runtime-spec.ts";
import { Unpacked } from "./unpacked.ts";

const USER = 65_532;
const TMP: Mount = { target: "/tmp" };
const NODE = ["/usr/bin/node"];

describe.skipIf(cannotBuild())(
  "the image in a container: read-only, without root, capabilities and shell",
  () => {
    let image: Unpacked;
    beforeAll(() => void (image = new Unpacked(builtImage(ownArchitecture()).archive)));
    afterAll(() => image?.[Symbol.dispose]());

    it("says its version, with nothing mounted", async () => {
      const result = await inContainer(image, ["--version"]);
      expect(result).toMatchObject({ status: 0, stdout: `esddns ${VERSION}\n`, stderr: "" });
    });

    it("runs the daemon when nothing is said, which looks for its file in /etc/esddns", async () => {
      const { status, stderr } = await inContainer(image, image.configuration.config.Cmd);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^Cannot find a configuration: there is no \/etc\/esddns\/esddns\.yaml, /);
    });

    it("checks a configuration that is mounted there", async () => {
      using scratch = new Scratch();
      const file = scratch.write("esddns.yaml", "provider: {}\n", 0o644);
      const mounts = [{ source: file, target: "/etc/esddns/esddns.yaml" }];
      const wrong = await inContainer(image, ["config", "check"], { mounts });
      expect(wrong).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("did you mean `providers`?"),
      });
      const records = [{ name: "home.example.org" }];
      writeFileSync(file, JSON.stringify({ providers: { home: { type: "memory" } }, records }));
      const right = await inContainer(image, ["config", "check"], { mounts });
      expect(right).toMatchObject({ status: 0 });
    });

    it("plays the demonstration with no network at all", async () => {
      const { status, stdout } = await inContainer(image, ["demo", "--once"], { mounts: [TMP] });
      expect(stdout).toMatch(/the record followed after \d+ ms\n$/);
      expect(status).toBe(0);
    });

    it.each(["/bin/sh", "/bin/bash", "/usr/bin/env", "/usr/bin/apt", "/usr/bin/dpkg"])(
      "has no %s",
      async (program) => {
        const { status, stderr } = await inContainer(image, [], { entrypoint: [program] });
        expect(status).not.toBe(0);
        expect(stderr).toContain("no such file or directory");
      },
    );

    it("cannot write anywhere but to what is mounted", async () => {
      const script = `
      const fs = require("node:fs");
      const can = (folder) => { try { fs.writeFileSync(folder + "/x", ""); return true; } catch { return false; } };
      console.log(JSON.stringify(["/", "/etc", "/usr/lib/esddns", "/var/lib/esddns", "/run", "/tmp"].filter(can)));`;
      const { stdout } = await inContainer(image, ["-e", script], { entrypoint: NODE, mounts: [TMP] });
      expect(JSON.parse(stdout)).toEqual(["/tmp"]);
    });

    it("is nobody, and may do nothing", async () => {
      const script = `
      const status = require("node:fs").readFileSync("/proc/self/status", "utf8");
      const field = (name) => status.match(new RegExp("^" + name + ":\\\\s*(.*)$", "m"))[1];
      console.log(JSON.stringify([process.getuid(), process.getgid(), field("CapEff"), field("CapBnd"), field("NoNewPrivs"), field("Seccomp")]));`;
      const { stdout } = await inContainer(image, ["-e", script], { entrypoint: NODE });
      expect(JSON.parse(stdout)).toEqual([USER, USER, "0000000000000000", "0000000000000000", "1", "2"]);
    });

    it("resolves names by the C library: of /etc/hosts, and of the name server in /etc/resolv.conf", async () => {
      // A resolver is asked at port 53, and loopback has many addresses
      const resolver = await startDnsServer({
        address: literal("127.53.12.1"),
        port: 53,
        zones: [{ name: ZONE }],
      });
      await using closing = { [Symbol.asyncDispose]: () => resolver.close() };
      void closing;
      const values = canonicalValues([literal("203.0.113.99")]);
      resolver.set({ name: parseDomainName(NAME), type: "A", ttl: seconds(60), values });
      using scratch = new Scratch();
      const hosts = scratch.write("hosts", "192.0.2.7 printer.home\n", 0o644);
      const resolv = scratch.write("resolv.conf", `nameserver ${resolver.endpoint.address.text}\n`, 0o644);
      const script = `
      const { lookup } = require("node:dns/promises");
      const address = (name) => lookup(name).then(({ address }) => address, ({ code }) => code);
      Promise.all(["printer.home", "${NAME}", "nowhere.${ZONE}"].map(address)).then((all) => console.log(all.join()));`;
      const mounts = [
        { source: hosts, target: "/etc/hosts" },
        { source: resolv, target: "/etc/resolv.conf" },
      ];
      const result = await inContainer(image, ["-e", script], { entrypoint: NODE, network: "host", mounts });
      expect(result).toMatchObject({ stderr: "", stdout: "192.0.2.7,203.0.113.99,ENOTFOUND\n" });
    });

    it("trusts Debian's authorities where it is told so", async () => {
      const script = `
      const tls = require("node:tls");
      console.log(tls.getCACertificates("extra").length, tls.getCACertificates("default").length);`;
      const env = { NODE_EXTRA_CA_CERTS: "/etc/ssl/certs/ca-certificates.crt" };
      const { stdout } = await inContainer(image, ["-e", script], { entrypoint: NODE, env });
      expect(Number(stdout.split(" ")[0])).toBeGreaterThan(100);
    });
  },
);
