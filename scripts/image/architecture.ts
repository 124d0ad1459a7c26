/** One machine, named differently by each: OCI and Debian (the key), npm, GNU, ELF (`e_machine`). */
export const ARCHITECTURES = {
  amd64: { npm: "x64", triplet: "x86_64-linux-gnu", machine: 62 },
  arm64: { npm: "arm64", triplet: "aarch64-linux-gnu", machine: 183 },
} as const;

export type Architecture = keyof typeof ARCHITECTURES;

export function isArchitecture(text: string): text is Architecture {
  return Object.hasOwn(ARCHITECTURES, text);
}

export function ownArchitecture(): Architecture {
  const own = Object.keys(ARCHITECTURES)
    .filter(isArchitecture)
    .find((one) => ARCHITECTURES[one].npm === process.arch);
  if (own) return own;
  throw new Error(
    `Cannot make an image for ${process.arch}: expected ${Object.keys(ARCHITECTURES).join(" or ")}`,
  );
}
