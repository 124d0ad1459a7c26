import { ConfigError } from "#core/errors.ts";
import type { Files } from "#core/ports.ts";
import type { ApiAccess } from "#kubernetes/api/access.ts";
import { readKubeconfig } from "#kubernetes/api/kubeconfig.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Kubernetes mounts what belongs to a pod's service account. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster that KUBECONFIG names, else the one that this pod runs in.
 *
 * @throws {ConfigError} (rejects) when there is neither, or one cannot be read
 */
export async function findAccess(environment: Environment, files: Files): Promise<ApiAccess> {
  const kubeconfig = environment["KUBECONFIG"];
  if (kubeconfig !== undefined && kubeconfig !== "") return readKubeconfig(kubeconfig, files);
  return readPodAccess(environment, files);
}

/** What every pod is given ("Accessing the Kubernetes API from a Pod", kubernetes.io). */
async function readPodAccess(environment: Environment, files: Files): Promise<ApiAccess> {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === "") throw noCluster();
  return {
    server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    authorities: { kind: "file", path: `${ACCOUNT}/ca.crt` },
    token: { kind: "file", path: `${ACCOUNT}/token` },
    namespace: await readNamespace(environment, files),
  };
}

async function readNamespace(environment: Environment, files: Files): Promise<string> {
  const given = environment["POD_NAMESPACE"];
  if (given !== undefined && given !== "") return given;
  const bytes = await files.read(`${ACCOUNT}/namespace`);
  const namespace = bytes ? new TextDecoder().decode(bytes).trim() : "";
  return namespace === "" ? "default" : namespace;
}

function noCluster(): ConfigError {
  const message = "Cannot find an API server: KUBERNETES_SERVICE_HOST is not set, expected to run in a pod";
  const hint = "outside a cluster, set KUBECONFIG to the path of a kubeconfig file";
  return new ConfigError(message, [{ path: "", message, hint }], { hint });
}
