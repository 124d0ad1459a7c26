import { createSign, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Cluster } from "./cluster.ts";

/** An API server takes a token for so long after it has run out (go-jose, `jwt.DefaultLeeway`). */
const LEEWAY = 60;
/** And remembers for so long that it was good (k8s.io/apiserver, `TokenSuccessCacheTTL`). */
export const TOKEN_MEMORY = 10_000;

/**
 * Puts a token beside a service account's kubeconfig that the API server takes for so many seconds: it gives none for
 * less than ten minutes, so it is signed here, with the cluster's own key and the claims of a real one.
 */
export async function writeShortToken(
  cluster: Cluster,
  kubeconfig: string,
  { namespace, account, seconds }: { namespace: string; account: string; seconds: number },
): Promise<void> {
  const uid = await cluster.field("{.metadata.uid}", "serviceaccount", account, "-n", namespace);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: [ISSUER],
    iss: ISSUER,
    sub: `system:serviceaccount:${namespace}:${account}`,
    jti: randomUUID(),
    iat: now - LEEWAY,
    nbf: now - LEEWAY,
    exp: now + seconds - LEEWAY,
    "kubernetes.io": { namespace, serviceaccount: { name: account, uid } },
  };
  writeFileSync(path.join(path.dirname(kubeconfig), "token"), signed(claims, cluster));
}

/** As cluster.sh configures it. */
const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** RFC 7519, signed by RS256. */
function signed(claims: object, { folder }: Cluster): string {
  const head = [{ alg: "RS256", typ: "JWT" }, claims].map(encoded).join(".");
  const signature = createSign("RSA-SHA256")
    .update(head)
    .sign(readFileSync(path.join(folder, "pki/apiserver.key")), "base64url");
  return `${head}.${signature}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
