import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { WitnessError } from "#core/errors.ts";
import type { Files } from "#core/ports.ts";
import { createFiles } from "#platform/files.ts";
import { fileSource } from "#sources/file/file.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { describeSourceContract, type PeerBehaviour } from "#testing/source-contract.ts";

const NEVER = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "esddns-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

describeSourceContract({
  kind: "file",
  named: ({ id }) => id.slice("file:".length),
  build() {
    const path = join(folder, "address");
    const reads: string[] = [];
    let truth = "93.184.216.34";
    const behave = (behaviour: PeerBehaviour) => {
      rmSync(path, { force: true });
      if (behaviour === "honest") writeFileSync(path, `${truth}\n`);
      if (behaviour === "nonsense") writeFileSync(path, "<html>93.184.216.34</html>\n");
    };
    behave("honest");
    const files = createFiles();
    const read: Files["read"] = (name) => {
      reads.push(name);
      return files.read(name);
    };
    return {
      create: () => create({ path, families: [4] }, { ...files, read }),
      truth: () => addressOf(truth),
      move() {
        truth = "93.184.216.35";
        behave("honest");
      },
      behave,
      questions: () => reads,
      close: () => {},
    };
  },
  excused: {
    cancel: "reading a small file has no end to wait for",
    "fresh-connections": "nothing is connected",
  },
});

describe("a file", () => {
  it.each([
    ["93.184.216.34", "93.184.216.34", undefined],
    ["93.184.216.34\n2606:2800::34\n", "93.184.216.34", "2606:2800::34"],
    ["# by the hook\r\n\r\n 2606:2800:0::34 # home\r\n", undefined, "2606:2800::34"],
  ])("of %j says %s and %s", async (content, ipv4, ipv6) => {
    expect(await said(content, 4)).toBe(ipv4 ?? "no-address");
    expect(await said(content, 6)).toBe(ipv6 ?? "no-address");
  });

  it.each([
    ["", "no-address"],
    ["# nothing yet\n", "no-address"],
    ["93.184.216.34 93.184.216.35\n", "not-an-address"],
    ["93.184.216.34\n93.184.216.35\n", "ambiguous"],
    ["93.184.216.34\n93.184.216.34\n", "ambiguous"],
    ["93.184.216.34\ngarbage\n", "not-an-address"],
    ["93.184.216.34/24\n", "not-an-address"],
    ["\ufeff93.184.216.34\n", "not-an-address"],
  ])("of %j is refused: %s", async (content, code) => {
    expect(await said(content, 4)).toBe(code);
  });

  it("that goes on and on is refused", async () => {
    expect(await said(`93.184.216.34\n${"#".repeat(4096)}`, 4)).toBe("too-large");
  });

  it("that cannot be read is a failure with its reason", async () => {
    const path = join(folder, "directory");
    mkdirSync(path, { recursive: true });
    const [witness] = create({ path }).witnesses();
    await expect(witness?.ask(4, NEVER)).rejects.toMatchObject({
      name: "WitnessError",
      code: "unreadable",
      message: expect.stringContaining("EISDIR"),
    });
  });
});

/** The address that a file of this content yields, or the code of its failure. */
async function said(content: string, family: 4 | 6): Promise<string | undefined> {
  const path = join(folder, "content");
  writeFileSync(path, content);
  const [witness] = create({ path }).witnesses();
  return witness?.ask(family, NEVER).then(
    ({ address }) => address.text,
    (error: unknown) => (error instanceof WitnessError ? error.code : Promise.reject(error)),
  );
}

function create(config: unknown, files: Files = createFiles()) {
  return fileSource.create(fileSource.config.parse(config), partialPorts({ files }), {});
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
