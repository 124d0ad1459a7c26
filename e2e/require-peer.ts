import { findPeer, type Peer } from "../scripts/peers.ts";

/**
 * For `describe.skipIf(missing(...))`: why a suite cannot run here, or `false` when it can. With `CI=true` a
 * missing peer is not skipped: the suite runs, and fails on it.
 */
export function missing(...peers: readonly Peer[]): false | string {
  const absent = peers.filter((peer) => findPeer(peer) === undefined);
  if (absent.length === 0 || process.env["CI"] === "true") return false;
  console.warn(`Skipped, not installed: ${absent.join(", ")} (npm test as root installs them)`);
  return `not installed: ${absent.join(", ")}`;
}

/** For suites that make network namespaces. */
export function notRoot(): false | string {
  if (process.getuid?.() === 0 || process.env["CI"] === "true") return false;
  console.warn("Skipped: network namespaces need root");
  return "network namespaces need root";
}

/** The full path of a peer that {@link missing} has found. */
export function peerPath(peer: Peer): string {
  const found = findPeer(peer);
  if (!found) throw new Error(`Cannot start ${peer}: it is not installed`);
  return found;
}
