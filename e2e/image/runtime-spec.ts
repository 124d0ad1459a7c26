import { defaultSeccomp } from "./seccomp.ts";
import type { Configuration } from "./unpacked.ts";

export interface Mount {
  /** A file or folder of this machine; absent: an empty folder in memory, for everybody. */
  readonly source?: string;
  readonly target: string;
  readonly isWritable?: boolean;
}

export interface ContainerOptions {
  /** In place of the image's entry point. */
  readonly entrypoint?: readonly string[];
  readonly words?: readonly string[];
  readonly mounts?: readonly Mount[];
  readonly env?: Readonly<Record<string, string>>;
  /** `host`: the tests' own, where their witnesses are. `none`: loopback and nothing else. */
  readonly network?: "host" | "none";
}

const LIMIT_BYTES = 256 * 1024 * 1024;

/**
 * What containerd or Docker would tell runc: the image's user, root read-only, no capabilities, no new privileges, the
 * default seccomp profile, a limit of memory.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export function runtimeSpec(
  root: string,
  image: Configuration["config"],
  options: ContainerOptions,
): unknown {
  const {
    entrypoint = image.Entrypoint,
    words = image.Cmd,
    mounts = [],
    env = {},
    network = "none",
  } = options;
  const [uid, gid] = image.User.split(":").map(Number);
  const kinds = ["pid", "ipc", "uts", "mount", ...(network === "none" ? ["network"] : [])];
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid, gid },
      args: [...entrypoint, ...words],
      env: [...image.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      cwd: image.WorkingDir,
      capabilities: none,
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    hostname: "esddns-test",
    mounts: [...systemMounts(network), ...mounts.map(mountOf)],
    linux: {
      namespaces: kinds.map((type) => ({ type })),
      resources: { memory: { limit: LIMIT_BYTES }, pids: { limit: 64 } },
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
      seccomp: defaultSeccomp(),
    },
  };
}

function systemMounts(network: "host" | "none") {
  const safe = ["nosuid", "noexec", "nodev"];
  const sys = { destination: "/sys", type: "sysfs", source: "sysfs", options: [...safe, "ro"] };
  return [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"] },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...safe, "mode=1777", "size=65536k"] },
    // A new one belongs to a network namespace of one's own
    ...(network === "none" ? [sys] : []),
  ];
}

function mountOf({ source, target, isWritable = false }: Mount) {
  const access = isWritable ? "rw" : "ro";
  if (source !== undefined) {
    return { destination: target, type: "bind", source, options: ["rbind", access, "nosuid", "nodev"] };
  }
  const options = ["nosuid", "noexec", "nodev", "mode=1777", "size=16m"];
  return { destination: target, type: "tmpfs", source: "tmpfs", options };
}
