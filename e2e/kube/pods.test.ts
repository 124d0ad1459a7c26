import { describe, expect, it } from "vitest";
import { CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";

const never = new AbortController().signal;

describe.skipIf(noCluster())("pods without kubelets", () => {
  it("have tokens that are renewed, and die with them", async () => {
    await using cluster = await Cluster.start({ parts: [] });
    await createAccount(cluster, "ddns", "esddns", OPERATOR_RULES);
    await using pods = await Pods.of(cluster);
    const [first, second] = await pods.create({ namespace: "ddns", account: "esddns", count: 2 });
    expect([first?.node, second?.node]).toEqual(["node-1", "node-2"]);
    const place = { namespace: "ddns", name: "esddns-wan-ip" };
    using gone = await openApi(first!.kubeconfig);
    using stays = await openApi(second!.kubeconfig);
    const attempt = ({ client }: typeof gone) =>
      client.get(CONFIG_MAPS, place, never).catch((error: unknown) => error);
    expect(await attempt(gone)).toMatchObject({ code: "not-found" });
    await pods.remove(first!);
    await pods.renew(second!);
    // The API server remembers a good token for ten seconds
    await until(
      "the token to be refused",
      async () => codeOf(await attempt(gone)) === "unauthorized",
      30_000,
    );
    expect(await attempt(stays)).toMatchObject({ code: "not-found" });
  });
});

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
