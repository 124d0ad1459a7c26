import type { z } from "zod";
import type { ServiceSettings } from "#config/service-settings.ts";
import type { serviceSection } from "#config/service-section.ts";

/** The settings that a checked section means. */
export function serviceSettings(section: z.output<typeof serviceSection>): ServiceSettings | false {
  if (section === false) return false;
  const [, host = "127.0.0.1", port = "51339"] = /^(.*):(\d+)$/.exec(section.listen) ?? [];
  return {
    listen: { kind: "tcp", host, port: Number(port) },
    tokens: [],
    hosts: [],
    proxies: [],
    metrics: { address: false, open: false },
  };
}
