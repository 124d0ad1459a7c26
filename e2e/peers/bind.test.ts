import { describe, expect, it } from "vitest";
import { freePort } from "../free-port.ts";
import { serialAt, valuesAt } from "../dns-client.ts";
import { Lab } from "../lab.ts";
import { esddns } from "../program.ts";
import { missing } from "../require-peer.ts";
import { startBind } from "./bind.ts";
import { startKnotSecondary } from "./knot.ts";
import { PRIMARY_ZONE } from "./primary.ts";
import { parseResult, syncResult } from "./results.ts";
import { describeUpdates } from "./update-flow.ts";

const HOME = `home.${PRIMARY_ZONE}`;

describe.skipIf(missing("named", "nsupdate"))("DNS UPDATE at BIND", () => {
  describe("with hmac-sha256", () =>
    describeUpdates((scratch) => startBind(scratch, { algorithm: "hmac-sha256" })));

  it.each(["hmac-sha224", "hmac-sha384", "hmac-sha512"])("signs with %s as well", async (algorithm) => {
    await using lab = await Lab.start();
    await using bind = await startBind(lab.scratch, { algorithm });
    const config = lab.write({
      providers: { home: bind.provider },
      records: [{ name: HOME }],
      verify: false,
      store: false,
    });

    const { status, stderr } = await esddns(["--config", config, "sync"]);

    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(await valuesAt(bind.server, HOME)).toEqual([lab.address()]);
  });

  it("refuses who does not sign, and the program says so", async () => {
    await using lab = await Lab.start();
    await using bind = await startBind(lab.scratch, { algorithm: "hmac-sha256" });
    const { key: _key, ...provider } = bind.provider;
    const config = lab.write({ providers: { home: provider }, records: [{ name: HOME }], verify: false });
    const before = await serialAt(bind.server, PRIMARY_ZONE);

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);

    const { outcomes } = parseResult(syncResult, stdout);
    expect(status).toBe(1);
    expect(outcomes).toMatchObject([{ kind: "refused", message: "REFUSED" }]);
    expect(outcomes[0]?.hint).toContain("key");
    expect(await serialAt(bind.server, PRIMARY_ZONE)).toBe(before);
  });

  it.skipIf(missing("knotd"))("verifies that the secondary has the record, too", async () => {
    await using lab = await Lab.start();
    const port = await freePort();
    await using bind = await startBind(lab.scratch, {
      algorithm: "hmac-sha256",
      notify: `127.0.0.1 port ${port}`,
    });
    await using knot = await startKnotSecondary(lab.scratch, bind.server, port);
    const servers = [bind.server, knot.server].map(({ address, port }) => `${address}:${port}`);
    const config = lab.write({
      providers: { home: bind.provider },
      records: [{ name: HOME }],
      verify: { servers, deadline: "20s" },
    });

    const { status, stdout } = await esddns(["--config", config, "sync", "--json"]);

    expect(status).toBe(0);
    expect(parseResult(syncResult, stdout).outcomes).toMatchObject([
      { kind: "applied", verification: "converged" },
    ]);
    expect(await valuesAt(knot.server, HOME)).toEqual([lab.address()]);
  });
});
