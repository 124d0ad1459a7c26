import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createProviders } from "#app/plug-ins.ts";
import { parseAddress } from "#core/address.ts";
import { ProviderError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { Provider } from "#core/provider.ts";
import { type Reading, type RecordKey, recordId } from "#core/record.ts";
import { Secret } from "#core/secret.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import { defineProvider } from "#providers/definition.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { partialPorts } from "#testing/partial-ports.ts";

const KEY: RecordKey = { name: parseDomainName("home.example.org"), type: "A" };
const PRESENT: Reading = {
  kind: "present",
  set: { ...KEY, values: [parseAddress("192.0.2.1")].flatMap((one) => one ?? []) },
};
const NEVER = new AbortController().signal;
const PACE = { requests: 1, per: milliseconds(1000), source: "made up" };

describe("a configured account", () => {
  it("keeps to the vendor's pace", async () => {
    const { account, clock } = accountOf({});
    let answers = 0;
    for (const _ of [1, 2]) void account.read([KEY], NEVER).then(() => (answers += 1));

    await clock.advance(999);
    expect(answers).toBe(1);
    await clock.advance(1);
    await settled();
    expect(answers).toBe(2);
  });

  it("reads its secret again when it is refused", async () => {
    const values = ["old", "new"];
    const { account, clock } = accountOf({
      check: (secret) => {
        if (secret.reveal() === "new") return Promise.resolve(["works"]);
        return Promise.reject(
          new ProviderError("Cannot sign in", { code: "authentication", retry: "never" }),
        );
      },
      secret: () => values.shift() ?? "new",
    });
    const sentences = account.check([KEY], NEVER);

    await clock.advance(2000);
    expect(await sentences).toEqual(["works"]);
  });

  it("is read at the zone's own servers when its API cannot be read", async () => {
    const { account } = accountOf({ isReadable: false });

    const readings = await account.read([KEY], NEVER);
    expect([...readings.values()]).toEqual([{ kind: "absent" }]);
  });
});

function accountOf(options: {
  readonly check?: (secret: Secret) => Promise<readonly string[]>;
  readonly secret?: () => string;
  readonly isReadable?: boolean;
}) {
  const definition = defineProvider({
    id: "made-up",
    title: "Made up",
    docsUrl: "https://example.org",
    description: "An account that does as a test wishes.",
    example: {},
    config: z.strictObject({}),
    capabilities: () => capabilities,
    secrets: () => [],
    create: (_config, _ports, open): Provider => {
      const secret = open({ kind: "env", name: "TOKEN" });
      return {
        capabilities,
        read: (keys) => Promise.resolve(new Map(keys.map((key) => [recordId(key), PRESENT]))),
        apply: () => Promise.resolve([]),
        check: () => options.check?.(secret) ?? Promise.resolve([]),
      };
    },
  });
  const capabilities = {
    granularity: "record-set",
    types: { A: "yes", AAAA: "yes" },
    ttl: { min: seconds(60), max: seconds(86_400) },
    wildcard: "yes",
    apex: "yes",
    multipleValues: "yes",
    read: options.isReadable === false ? { no: "it has no question" } : "yes",
    batch: 1,
    pacing: PACE,
  } as const;
  const clock = new ManualClock();
  const ports = partialPorts({
    clock,
    secrets: { open: () => new Secret(options.secret ?? (() => "token")) },
  });
  const authority: Authority = {
    read: () => Promise.resolve({ kind: "absent" }),
    verify: () => Promise.resolve({ kind: "unverifiable", why: "not asked here" }),
  };
  const accounts = createProviders(
    { providers: new Map([["home", { name: "home", definition, config: {} }]]) },
    ports,
    authority,
  );
  const account = accounts.get("home");
  if (!account) throw new TypeError("there is no account");
  return { account, clock };
}
