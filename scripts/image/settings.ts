/** How the image starts, and what it finds where: its configuration, and the Dockerfile's, which a test holds equal. */
export const NAME = "ghcr.io/esddns/esddns";

/** Nobody on any host: the number that images without root have agreed on. */
export const USER_ID = 65_532;
/** The store's folder: the one place, beside /tmp, that is the user's own. */
export const STATE = "/var/lib/esddns";
export const PROGRAM = "/usr/lib/esddns/esddns.js";
export const SBOM = "/usr/share/doc/esddns/sbom.cdx.json";

export const SETTINGS = {
  entrypoint: ["/usr/bin/node", PROGRAM],
  command: ["run"],
  user: `${USER_ID}:${USER_ID}`,
  /** Where ./esddns.yaml is /etc/esddns/esddns.yaml. */
  folder: "/etc/esddns",
  environment: {
    // The first is for programs that somebody mounts for the source `command`
    PATH: "/usr/local/bin:/usr/bin",
    // The one place that can be written where the root is read-only; without it, a start takes longer
    XDG_CACHE_HOME: "/tmp/.cache",
    // The store: STATE/esddns.db
    XDG_STATE_HOME: "/var/lib",
  },
  healthcheck: {
    command: ["/usr/bin/esddns", "healthcheck"],
    interval: 60,
    timeout: 10,
    start: 30,
    retries: 3,
  },
} as const;

/** @see https://github.com/opencontainers/image-spec/blob/main/annotations.md */
export function labels(about: {
  readonly version: string;
  readonly revision: string;
  readonly date: Date;
}): Readonly<Record<string, string>> {
  return {
    "org.opencontainers.image.title": "esddns",
    "org.opencontainers.image.description":
      "Dynamic DNS that asks several independent witnesses and decides by consensus",
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.source": "https://github.com/esddns/esddns",
    "org.opencontainers.image.version": about.version,
    "org.opencontainers.image.revision": about.revision,
    "org.opencontainers.image.created": about.date.toISOString().replace(".000Z", "Z"),
  };
}
