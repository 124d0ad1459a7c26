import { describe, expect, it } from "vitest";
import { check, lines } from "#config/testdata/check.ts";

const PROVIDERS = `providers:
  home: { type: gandi, token: { env: TOKEN } }
`;
const RECORDS = `records:
  - name: home.example.org
`;

/** Every row: what is wrong, the file, and all that is said of it. */
const TABLE: readonly (readonly [what: string, text: string, said: readonly string[]])[] = [
  [
    "an empty file",
    "",
    ['1:1 : Cannot use the configuration: it is empty, expected at least "providers" and "records"'],
  ],
  [
    "a comment alone",
    "# nothing\n",
    ['1:1 : Cannot use the configuration: it is empty, expected at least "providers" and "records"'],
  ],
  [
    "a list",
    "- a\n",
    ['1:1 : Cannot use the configuration: it has no keys, expected at least "providers" and "records"'],
  ],
  [
    "nothing but a section",
    "log: {}\n",
    [
      '1:1 providers: Cannot read "providers": it is missing, expected a provider by a name of yours',
      '1:1 records: Cannot read "records": it is missing, expected a list with at least one record',
    ],
  ],
  [
    "no records",
    `${PROVIDERS}records: []\n`,
    ['3:1 records: Cannot read "records": it is empty, expected a list with at least one record'],
  ],
  [
    "a misspelt key",
    `${PROVIDERS}${RECORDS}record:\n  - name: a.example.org\n`,
    ['5:1 record: Cannot use the key "record": there is no such key (did you mean `records`?)'],
  ],
  [
    "a key of nobody's",
    `${PROVIDERS}${RECORDS}zzz: 1\n`,
    [
      '5:1 zzz: Cannot use the key "zzz": there is no such key (the keys are providers, records, sources, notify, consensus, schedule, verify, store, log, tls, service, kubernetes, compat)',
    ],
  ],
  [
    "a misspelt key of a record",
    `${PROVIDERS}${RECORDS}    tpye: [A]\n`,
    [
      '5:5 records.0.tpye: Cannot use the key "tpye": there is no such key in "records.0" (did you mean `types`?)',
    ],
  ],
  [
    "a misspelt provider type",
    `providers:\n  home:\n    type: gandy\n${RECORDS}`,
    [
      '3:5 providers.home.type: Cannot use the provider "home": its "type" is "gandy", expected one of gandi, rfc2136, dyndns2, memory (did you mean `gandi`?)',
    ],
  ],
  [
    "a provider without a type",
    `providers:\n  home: { token: x }\n${RECORDS}`,
    [
      '2:3 providers.home: Cannot use the provider "home": its "type" is missing, expected one of gandi, rfc2136, dyndns2, memory',
    ],
  ],
  [
    "a misspelt provider name",
    `${PROVIDERS}  work: { type: memory }\n${RECORDS}    provider: hom\n`,
    [
      '6:5 records.0.provider: Cannot publish "home.example.org": there is no provider "hom", expected one of home, work (did you mean `home`?)',
    ],
  ],
  [
    "a provider that is left open",
    `${PROVIDERS}  work: { type: memory }\n${RECORDS}`,
    [
      '5:5 records.0: Cannot publish "home.example.org": it names no "provider" and there are several, expected one of home, work',
    ],
  ],
  [
    "a provider name that is no word",
    `providers:\n  "a b": { type: memory }\n${RECORDS}`,
    [
      '2:3 providers.a b: Cannot use the provider name "a b": it is no simple word, expected letters, digits, - and _, 63 at most',
    ],
  ],
  [
    "a misspelt way to give a secret",
    `providers:\n  home:\n    type: gandi\n    token: { evn: TOKEN }\n${RECORDS}`,
    [
      '4:14 providers.home.token.evn: Cannot use the key "evn": there is no such key in "providers.home.token" (did you mean `env`?)',
    ],
  ],
  [
    "a secret given in two ways",
    `providers:\n  home: { type: gandi, token: { env: A, file: b } }\n${RECORDS}`,
    ['2:24 providers.home.token: Cannot read "token": it has file and env, expected one of them'],
  ],
  [
    "a secret that is a list",
    `providers:\n  home: { type: gandi, token: [a] }\n${RECORDS}`,
    [
      '2:24 providers.home.token: Cannot read "token": it is a list, expected a mapping of keys to values or text',
    ],
  ],
  [
    "a name of one label",
    `${PROVIDERS}records:\n  - name: home\n`,
    [
      '4:5 records.0.name: Cannot use the name "home": it is a single label (write the full name, e.g. home.example.org)',
    ],
  ],
  [
    "a misspelt mode",
    `${PROVIDERS}${RECORDS}    mode: merg\n`,
    [
      '5:5 records.0.mode: Cannot read "mode": it is another word, expected replace or merge (did you mean `merge`?)',
    ],
  ],
  [
    "another type of record",
    `${PROVIDERS}${RECORDS}    types: [A, CNAME]\n`,
    ['5:16 records.0.types.1: Cannot read entry 2 of "types": it is another word, expected A or AAAA'],
  ],
  [
    "a record twice",
    `${PROVIDERS}${RECORDS}  - { name: HOME.example.org., types: [AAAA, A] }\n`,
    [
      '5:5 records.1: Cannot publish "home.example.org" A twice: entry 1 of "records" has it already (keep one of the two)',
    ],
  ],
  [
    "a duration without a unit",
    `${PROVIDERS}${RECORDS}schedule:\n  interval: 300\n  probe: 10\n`,
    [
      '6:3 schedule.interval: Cannot read "interval": it is a number without a unit, expected a duration such as 5m (did you mean `300s`?)',
      '7:3 schedule.probe: Cannot read "probe": it is a number without a unit, expected a duration such as 5m (did you mean `10s`?)',
    ],
  ],
  [
    "an interval that is too short",
    `${PROVIDERS}${RECORDS}schedule: { interval: 9s }\n`,
    ['5:13 schedule.interval: Cannot read "interval": it is "9s", expected 10s to 7d'],
  ],
  [
    "a TTL beneath the provider's",
    `${PROVIDERS}${RECORDS}    ttl: 1m\n`,
    [
      '5:5 records.0.ttl: Cannot use a TTL of 60 for "home.example.org": Gandi LiveDNS takes 300 to 2592000 seconds (see https://api.gandi.net/docs/livedns/)',
    ],
  ],
  [
    "a TTL in parts of a second",
    `${PROVIDERS}${RECORDS}    ttl: 1500ms\n`,
    [
      '5:5 records.0.ttl: Cannot read "ttl": it is "1500ms", expected a number of seconds or a duration such as 5m, in whole seconds',
    ],
  ],
  [
    "what a provider cannot do",
    `providers:
  dyn: { type: dyndns2, server: dyn.example.net, username: u, password: { env: TOKEN } }
records:
  - name: "*.example.org"
    types: [A, AAAA]
    mode: merge
    ttl: 300
  - name: example.org
`,
    [
      '4:5 records.0.name: Cannot publish "*.example.org" as a wildcard at "dyn": the protocol names hosts (see https://help.dyn.com/remote-access-api/)',
      '5:5 records.0.types: Cannot publish "*.example.org" as AAAA at "dyn": the service takes IPv4 addresses only (see https://help.dyn.com/remote-access-api/)',
      '6:5 records.0.mode: Cannot publish "*.example.org" with `mode: merge` at "dyn": an update sets one address (see https://help.dyn.com/remote-access-api/)',
      '7:5 records.0.ttl: Cannot set the TTL of "*.example.org" at "dyn": the protocol has no TTL (remove `ttl`)',
      '8:5 records.1.name: Cannot publish "example.org" as the zone itself at "dyn": the service has hosts below its own domain alone (see https://help.dyn.com/remote-access-api/)',
    ],
  ],
  [
    "a record outside of its zone",
    `providers:\n  bind: { type: rfc2136, server: ns.example.org, zone: example.org }\nrecords:\n  - name: a.example.net\n`,
    ['4:5 records.0.name: Cannot publish "a.example.net" at "bind": it is not within the zone "example.org"'],
  ],
  [
    "a suffix without AAAA",
    `${PROVIDERS}${RECORDS}    suffix: "::1"\n`,
    [
      '5:5 records.0.suffix: Cannot use "suffix" for "home.example.org": its types are A, expected AAAA (add AAAA to `types`, or remove the suffix)',
    ],
  ],
  [
    "a suffix with a network",
    `${PROVIDERS}${RECORDS}    types: [AAAA]\n    suffix: 2001:db8::1\n`,
    [
      '6:5 records.0.suffix: Cannot read "suffix": expected the low 64 bits, such as ::1:2:3:4 (the network\'s half of the address comes from the detected one)',
    ],
  ],
  [
    "a range with bits after its length",
    `${PROVIDERS}${RECORDS}consensus: { allowRanges: [10.0.0.1/8] }\n`,
    [
      '5:28 consensus.allowRanges.0: Cannot read entry 1 of "allowRanges": it is "10.0.0.1/8", expected a block such as 100.64.0.0/10, without bits after its length',
    ],
  ],
  [
    "a misspelt source",
    `${PROVIDERS}${RECORDS}sources:\n  stunn: {}\n  http: {}\n`,
    ['6:3 sources.stunn: Cannot use the source "stunn": there is no such source (did you mean `stun`?)'],
  ],
  [
    "a misspelt transport",
    `${PROVIDERS}${RECORDS}sources:\n  stun:\n    servers:\n      - host: a.example.net\n        transport: upd\n      - host: b.example.com\n`,
    [
      '9:9 sources.stun.servers.0.transport: Cannot read "transport": it is another word, expected udp, tcp or tls (did you mean `udp`?)',
    ],
  ],
  [
    "authorities that are not there",
    `${PROVIDERS}${RECORDS}tls: { caFile: /nowhere/ca.pem }\n`,
    [
      '5:8 tls.caFile: Cannot read the certificate authorities in "/nowhere/ca.pem": there is no such file (check the path and its permissions)',
    ],
  ],
  [
    "a key twice",
    `${PROVIDERS}${RECORDS}log: {}\nlog: {}\n`,
    ['6:1 log: Cannot use the key "log" twice (keep one of the two)'],
  ],
  [
    "a tab",
    "providers:\n\thome: {}\n",
    ["2:1 : Cannot read the file as YAML: a line is indented with a tab, expected spaces"],
  ],
  [
    "a wildcard without quotes",
    `${PROVIDERS}records:\n  - name: *.example.org\n`,
    [
      '4:5 records.0.name: Cannot follow an alias (`*`): there is no anchor (`&`) that it stands for (put text that has `:`, `#`, `*`, `@`, `{` or `[` in it between quotes ("..."))',
    ],
  ],
  [
    "a tag",
    `${PROVIDERS}records:\n  - name: !!str home.example.org\n`,
    [
      "4:5 records.0.name: Cannot use a tag: expected plain values alone (remove the word that starts with `!`)",
    ],
  ],
  [
    "two documents",
    `${PROVIDERS}${RECORDS}---\n${RECORDS}`,
    ["5:1 : Cannot read the file as YAML: it has several documents (`---`), expected one"],
  ],
  [
    "a key that is no text",
    `${PROVIDERS}${RECORDS}? [a]\n: 1\n`,
    ["5:3 ?: Cannot use a key: it is not text"],
  ],
];

describe("what is wrong with a configuration", () => {
  it.each(TABLE)("is said in full: %s", async (_, text, said) => {
    const { configuration, problems } = await check(text);
    expect(lines(problems)).toEqual(said);
    expect(configuration).toBeUndefined();
  });

  it("is said all at once, by line", async () => {
    const { problems } = await check(`provider: {}
providers:
  home: { type: gandi }
  bind: { type: rfc2136, port: x }
records:
  - { name: home, provider: home }
  - 17
sources: []
consensus: { quorum: 0 }
schedule: 5m
verify: maybe
store: { file: x }
log: { format: xml }
`);
    expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      "1 provider",
      "3 providers.home.token",
      "4 providers.bind.server",
      "4 providers.bind.zone",
      "4 providers.bind.port",
      "6 records.0.name",
      "7 records.1",
      "8 sources",
      "9 consensus.quorum",
      "10 schedule",
      "11 verify",
      "12 store.file",
      "13 log.format",
    ]);
  });

  it("is not said of records whose provider is wrong itself", async () => {
    const { problems } = await check(
      "providers:\n  home: { type: gandi }\nrecords:\n  - { name: a.example.org, ttl: 1 }\n",
    );
    expect(problems.map(({ path }) => path)).toEqual(["providers.home.token"]);
  });

  it.each([
    ["a type", "providers:\n  home: { type: hunter2, token: x }\nrecords: [{ name: a.example.org }]\n"],
    [
      "a key's value",
      "providers:\n  home: { type: gandi, token: [hunter2] }\nrecords: [{ name: a.example.org }]\n",
    ],
    [
      "a scheme",
      "providers:\n  home: { type: gandi, token: x, scheme: hunter2 }\nrecords: [{ name: a.example.org }]\n",
    ],
    ["broken YAML", "providers:\n  home: { type: gandi, token: hunter2: hunter2 ]\n"],
    ["a broken alias", "providers:\n  home: { type: gandi, token: *hunter2 }\n"],
    ["a broken escape", 'providers:\n  home: { type: gandi, token: "\\hunter2" }\n'],
    ["a tag", "providers:\n  home: { type: gandi, token: !hunter2 x }\n"],
    ["an empty file's name", "providers:\n  home: { type: gandi, token: { env: 'A', file: hunter2 } }\n"],
  ])("does not repeat a secret that stands in the place of %s", async (_, text) => {
    const { problems } = await check(text);
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it.each(["constructor", "toString", "hasOwnProperty", "__proto__", "valueOf"])(
    "is found where a name reaches into JavaScript's own: %s",
    async (word) => {
      const provider = await check(`providers:\n  ${word}: { type: ${word} }\n${RECORDS}`);
      const record = await check(`${PROVIDERS}${RECORDS}    provider: ${word}\n    ${word}: 1\n`);
      const source = await check(`${PROVIDERS}${RECORDS}sources: { ${word}: {} }\n${word}: 1\n`);
      for (const { problems } of [provider, record, source]) expect(problems).not.toEqual([]);
    },
  );
});
