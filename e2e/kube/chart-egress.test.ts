import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { DEFAULT_SERVICES as ECHOES } from "#sources/http/service.ts";
import { DEFAULT_SERVERS } from "#sources/stun/default-servers.ts";
import { DEFAULT_SERVICES as RESOLVERS } from "#sources/whoami/default-services.ts";
import { CHART } from "./helm-template.ts";

const values = z.looseObject({
  networkPolicy: z.looseObject({
    egressPorts: z.array(z.object({ protocol: z.enum(["TCP", "UDP"]), port: z.int() })),
  }),
});

/** Names and zones are asked for everywhere. */
const DNS = ["UDP 53", "TCP 53"];

function portOf(url: URL): string {
  return `TCP ${url.port || (url.protocol === "https:" ? 443 : 80)}`;
}

function resolverPort({ access }: (typeof RESOLVERS)[number]): string {
  if (access.transport === "https") return portOf(access.url);
  return `${access.transport === "udp" ? "UDP" : "TCP"} ${access.port}`;
}

describe("the chart's NetworkPolicy", () => {
  it("lets out what the program asks by default, and nothing else", () => {
    const { networkPolicy } = values.parse(parse(readFileSync(path.join(CHART, "values.yaml"), "utf8")));
    const open = networkPolicy.egressPorts.map(({ protocol, port }) => `${protocol} ${port}`);
    const asked = [
      ...DNS,
      ...ECHOES.map(({ url }) => portOf(url)),
      ...RESOLVERS.map(resolverPort),
      ...DEFAULT_SERVERS.map(({ transport, port }) => `${transport === "udp" ? "UDP" : "TCP"} ${port}`),
    ];
    expect(open.toSorted()).toEqual([...new Set(asked)].toSorted());
  });
});
