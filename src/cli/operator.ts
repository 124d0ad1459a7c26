import { findCluster } from "#app/cluster.ts";
import { daemonCommand } from "#cli/daemon-command.ts";
import { createClock } from "#platform/clock.ts";
import { createFiles } from "#platform/files.ts";
import { createCollector, keepTidy } from "#platform/garbage.ts";

/** The daemon in a pod: one of them leads, the others follow (docs/kubernetes/README.md). */
export const operator = daemonCommand("operator", async (env) => {
  const cluster = await findCluster(env, createFiles());
  const running = new AbortController();
  void keepTidy(createCollector(), createClock(), running.signal);
  return { cluster, leave: () => running.abort() };
});
