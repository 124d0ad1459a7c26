/** The programs of others that the end-to-end tests talk to, and the Debian packages that bring them. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export const PEERS = {
  turnserver: "coturn",
  named: "bind9",
  knotd: "knot",
  pdns_server: "pdns-server",
  pdnsutil: "pdns-backend-sqlite3",
  dig: "bind9-dnsutils",
  nsupdate: "bind9-dnsutils",
  stund: "stun-server",
  faketime: "faketime",
  ip: "iproute2",
  nft: "nftables",
  miniupnpd: "miniupnpd-nftables",
  openssl: "openssl",
  python3: "python3",
  tcpdump: "tcpdump",
  "systemd-analyze": "systemd",
  chromium: "chromium",
  promtool: "prometheus",
  runc: "runc",
  buildah: "buildah",
  "qemu-aarch64": "qemu-user",
  shellcheck: "shellcheck",
} as const;

export type Peer = keyof typeof PEERS;

const FOLDERS = [
  ...(process.env["PATH"] ?? "").split(path.delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
  "/sbin",
];

/** The full path of a peer's program, or `undefined` when it is not installed. */
export function findPeer(peer: Peer): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, peer)).find(isExecutable);
}

/**
 * Installs what is missing when that is ours to do: as root, on a Debian with apt.
 *
 * @returns the peers that are still missing
 */
export function installMissingPeers(say: (line: string) => void): readonly Peer[] {
  const missing = missingPeers();
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((peer) => PEERS[peer]))];
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    say(`Not installed: ${packages.join(", ")}. As root on Debian they would be; their tests are skipped.`);
    return missing;
  }
  say(`Installing for the end-to-end tests: ${packages.join(", ")}`);
  withoutStartingServices(() => {
    apt(["update", "-q"]);
    apt(["install", "-q", "-y", "--no-install-recommends", ...packages]);
  });
  return missingPeers();
}

function missingPeers(): readonly Peer[] {
  return Object.keys(PEERS)
    .filter(isPeer)
    .filter((peer) => findPeer(peer) === undefined);
}

function isPeer(name: string): name is Peer {
  return Object.hasOwn(PEERS, name);
}

function apt(arguments_: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr } = spawnSync("apt-get", arguments_, { env, encoding: "utf8" });
  if (status !== 0)
    process.stderr.write(`apt-get ${arguments_[0]} ended with ${status}\n${stdout.slice(-2000)}${stderr}\n`);
}

/** Debian starts what it installs; a test needs the program and not a name server on port 53. */
function withoutStartingServices(install: () => void): void {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy, { force: true });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
