import path from "node:path";
import { expect, it } from "vitest";
import { examine } from "#app/doctor.ts";
import { registries } from "#app/registries.ts";
import { loadConfiguration } from "#config/load.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const HEALTHY = {
  providers: { home: { type: "memory", zones: ["example.org"] } },
  records: [{ name: "home.example.org" }],
};

it("of a healthy configuration finds that everything works", async () => {
  expect(await examined(HEALTHY, "44.128.10.77")).toEqual([
    "ok IPv4 static (static): says 44.128.10.77",
    "ok IPv4 file:address.txt (file): says 44.128.10.77",
    "ok provider home: the zones example.org are in memory",
    "ok IPv4 quorum: 2 operators answer, 2 have to agree",
  ]);
});

it("tells which witness cannot be believed, and that the others are too few", async () => {
  expect(await examined(HEALTHY, "192.168.1.1")).toEqual([
    "ok IPv4 static (static): says 44.128.10.77",
    "warning IPv4 file:address.txt (file): says 192.168.1.1, which cannot be published: private",
    "ok provider home: the zones example.org are in memory",
    "problem IPv4 quorum: 1 operator answers, 2 have to agree: add sources, or see whether a firewall is in the way",
  ]);
});

it("tells what the provider refuses", async () => {
  const config = { ...HEALTHY, providers: { home: { type: "memory", zones: ["example.net"] } } };
  const findings = await examined(config, "44.128.10.77");
  expect(findings[2]).toMatch(/^problem provider home: .*home\.example\.org/);
});

async function examined(config: object, address: string): Promise<readonly string[]> {
  const cwd = temporaryFolder({ "address.txt": address });
  const file = path.join(cwd, "address.txt");
  const sources = { static: { ipv4: "44.128.10.77" }, file: { path: file } };
  const text = JSON.stringify({ ...config, sources });
  const configuration = await loadConfiguration({
    cwd: temporaryFolder({ "esddns.yaml": text }),
    env: {},
    registries,
  });
  const { signal } = new AbortController();
  const findings = await examine(configuration, { log: new MemoryLog(), cacheFolder: undefined }, signal);
  return findings.map(({ result, subject, words }) =>
    `${result} ${subject}: ${words.replace(/ \([\d.]+ ms\)$/, "")}`.replace(file, "address.txt"),
  );
}
