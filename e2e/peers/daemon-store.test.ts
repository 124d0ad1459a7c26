import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Lab, ZONE } from "../lab.ts";
import { Daemon, esddns, startProgram } from "../program.ts";
import { notRoot } from "../require-peer.ts";
import { pause, until } from "../until.ts";
import { parseResult, statusResult } from "./results.ts";

describe.concurrent("what the daemon keeps on disk", () => {
  it("survives kill -9 at any moment: no write where the record is right", async () => {
    await using lab = await Lab.start();
    // Over TCP no update is sent twice because its answer is late
    const file = lab.write({ providers: { lab: { ...lab.provider, transport: "tcp" } } });
    expect((await esddns(["--config", file, "sync"])).status).toBe(0);
    const serial = lab.dns.serial(ZONE);

    for (let kills = 0; kills < 10; kills += 1) {
      // In the second half there is something to write, too
      if (kills >= 5) lab.move();
      await using child = startProgram(["--config", file, "run"]);
      // From before it has read its configuration until well after its first round
      await pause(150 + Math.random() * 600);
      child.signal("SIGKILL");
      await child.exit;
    }
    await using daemon = await Daemon.start(file);
    await lab.follows();
    // One that was killed may have written it already, and left no time to note that
    const noted = async () => {
      const { stdout } = await esddns(["--config", file, "status", "--json"]);
      return parseResult(statusResult, stdout).records[0]?.published === lab.address();
    };
    await until("the daemon to know it", noted);
    expect((await daemon.stop()).status).toBe(0);

    // Every update changed something; and the first half had nothing to change
    expect(lab.dns.count("update")).toBe(lab.dns.serial(ZONE) - serial + 1);
    expect(lab.contents).toEqual([...new Set(lab.contents)]);
    expect(lab.contents.slice(1).every((content) => content !== lab.contents[0])).toBe(true);
    expect(await noted()).toBe(true);
    expect(readdirSync(lab.scratch.folder).filter((name) => name.includes("damaged"))).toEqual([]);
  });

  it("is set aside when it is damaged, and the record still follows", async () => {
    await using lab = await Lab.start();
    lab.scratch.write("esddns.db", "this was a database once\n".repeat(1000));
    await using daemon = await Daemon.start(lab.write());

    await lab.follows();
    expect(await daemon.says("The store was damaged")).toMatch(/ WARNING .*esddns\.db\.damaged-/);
    const names = readdirSync(lab.scratch.folder);
    expect(names.some((name) => name.startsWith("esddns.db.damaged-"))).toBe(true);
    expect((await daemon.stop()).status).toBe(0);
    const { stdout } = await esddns(["--config", lab.scratch.at("esddns.yaml"), "status", "--json"]);
    expect(parseResult(statusResult, stdout).ipv4).toMatchObject({ kind: "known", address: lab.address() });
  });

  it("is set aside when it is damaged in the middle", async () => {
    await using lab = await Lab.start();
    const file = lab.write();
    expect((await esddns(["--config", file, "sync"])).status).toBe(0);
    const content = readFileSync(lab.storePath);
    lab.scratch.write("esddns.db", content.fill(0xa5, 100));
    lab.move();
    await using daemon = await Daemon.start(file);

    await lab.follows();
    expect(daemon.child.ended).toBeUndefined();
    await daemon.says("The store was damaged");
    const names = readdirSync(lab.scratch.folder);
    expect(names.some((name) => name.startsWith("esddns.db.damaged-"))).toBe(true);
  });

  it("cannot be where a folder is missing, and the record still follows", async () => {
    await using lab = await Lab.start();
    const blocked = lab.scratch.write("not-a-folder", "");
    await using daemon = await Daemon.start(lab.write({ store: { path: `${blocked}/esddns.db` } }));

    await lab.follows();
    lab.move();
    await lab.follows();
    expect(daemon.log).toMatch(/ WARNING The store cannot be used.*not a directory/);
  });

  it.skipIf(notRoot())("cannot be on a read-only disk, and the record still follows", async () => {
    await using lab = await Lab.start();
    await using daemon = await startOn(lab, "ro,size=1m");

    await lab.follows();
    lab.move();
    await lab.follows();
    expect(daemon.log).toMatch(/ WARNING The store cannot be used.*read-only file system/);
    expect((await daemon.stop()).status).toBe(0);
  });

  it.skipIf(notRoot())("cannot be on a full disk, and the record still follows", async () => {
    await using lab = await Lab.start();
    await using daemon = await startOn(lab, "size=16k");

    await lab.follows();
    lab.move();
    await lab.follows();
    expect(daemon.log).toMatch(/ WARNING The store cannot be used.*disk is full/);
    expect((await daemon.stop()).status).toBe(0);
  });
});

/** The daemon with its store on a file system that only it sees. */
function startOn(lab: Lab, mountOptions: string): Promise<Daemon> {
  const folder = lab.scratch.at("disk");
  mkdirSync(folder);
  const mount = `mount -t tmpfs -o ${mountOptions} tmpfs ${folder} && exec "$@"`;
  const via = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount, "sh"];
  return Daemon.start(lab.write({ store: { path: `${folder}/esddns.db` } }), { via });
}
