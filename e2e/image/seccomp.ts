import { readFileSync } from "node:fs";
import { z } from "zod";

/** The profile that Docker, Podman and CRI-O have by default, which Debian's buildah brings. */
const FILE = "/usr/share/containers/seccomp.json";

const condition = z.object({ caps: z.array(z.string()).optional(), arches: z.array(z.string()).optional() });
const profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.number().optional(),
  syscalls: z.array(
    z.object({
      names: z.array(z.string()),
      action: z.string(),
      errnoRet: z.number().optional(),
      args: z.array(z.unknown()).optional().nullable(),
      includes: condition.optional(),
      excludes: condition.optional(),
    }),
  ),
});

/** As an OCI runtime wants it, for a container without capabilities on this machine: conditions are decided. */
export function defaultSeccomp(): unknown {
  const { defaultAction, defaultErrnoRet, syscalls } = profile.parse(JSON.parse(readFileSync(FILE, "utf8")));
  const [architecture, own] =
    process.arch === "x64" ? ["SCMP_ARCH_X86_64", "amd64"] : ["SCMP_ARCH_AARCH64", "arm64"];
  const holds = ({ includes, excludes }: (typeof syscalls)[number]) =>
    (includes?.caps ?? []).length === 0 &&
    (includes?.arches?.includes(own) ?? true) &&
    !(excludes?.arches?.includes(own) ?? false);
  return {
    defaultAction,
    ...(defaultErrnoRet !== undefined && { defaultErrnoRet }),
    architectures: [architecture],
    syscalls: syscalls.filter(holds).map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args && { args }),
    })),
  };
}
