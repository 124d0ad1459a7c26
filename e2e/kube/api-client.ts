import { createClock } from "#platform/clock.ts";
import { createFiles } from "#platform/files.ts";
import type { Milliseconds } from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { readKubeconfig } from "#kubernetes/api/kubeconfig.ts";
import { createNodeTransport } from "#kubernetes/api/node-transport.ts";
import type { ApiTransport } from "#kubernetes/api/ports.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";

/** Our own client, over our own transport, as the one whom a kubeconfig names. */
export interface OpenedApi extends Disposable {
  readonly client: KubernetesClient;
  readonly transport: ApiTransport;
}

export async function openApi(
  kubeconfig: string,
  { purpose = "test", timeout }: { readonly purpose?: string; readonly timeout?: Milliseconds } = {},
): Promise<OpenedApi> {
  const [clock, files] = [createClock(), createFiles()];
  const transport = createNodeTransport(await readKubeconfig(kubeconfig, files), { files, clock });
  return {
    client: createKubernetesClient({ transport, clock, purpose, timeout }),
    transport,
    [Symbol.dispose]: () => transport.close(),
  };
}
