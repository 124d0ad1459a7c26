import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { ContainerOptions, Mount } from "./runtime-spec.ts";

export const ROOT = path.dirname(path.dirname(import.meta.dirname));

const bind = z.strictObject({
  type: z.literal("bind"),
  source: z.string(),
  target: z.string(),
  read_only: z.literal(true),
  bind: z.strictObject({ create_host_path: z.literal(false) }),
});
const volume = z.strictObject({ type: z.literal("volume"), source: z.string(), target: z.string() });

/** What our file may say: whatever is added to it has to be looked at here, too. */
const schema = z.strictObject({
  name: z.string(),
  services: z.strictObject({
    esddns: z.strictObject({
      image: z.string(),
      build: z.strictObject({ context: z.literal("."), args: z.array(z.string()) }),
      restart: z.string(),
      ports: z.array(z.string()),
      volumes: z.array(z.union([bind, volume])),
      secrets: z.array(z.string()),
      healthcheck: z.strictObject({
        test: z.array(z.string()),
        interval: z.string(),
        timeout: z.string(),
        start_period: z.string(),
        retries: z.number(),
      }),
      user: z.string(),
      read_only: z.literal(true),
      tmpfs: z.array(z.string()),
      cap_drop: z.tuple([z.literal("ALL")]),
      security_opt: z.tuple([z.literal("no-new-privileges:true")]),
      mem_limit: z.string(),
      pids_limit: z.number(),
      logging: z.strictObject({ driver: z.string() }),
    }),
  }),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
  volumes: z.record(z.string(), z.strictObject({})),
});
export type Compose = z.infer<typeof schema>;

export function readCompose(): Compose {
  return schema.parse(parse(readFileSync(path.join(ROOT, "compose.yaml"), "utf8")));
}

/** What Docker would mount, with the folder in which somebody has followed the guide. */
export function composeMounts(
  { services, secrets }: Compose,
  folder: string,
): NonNullable<ContainerOptions["mounts"]> {
  const { volumes, tmpfs, secrets: used } = services.esddns;
  return [
    ...volumes.map(({ type, source, target }): Mount => ({
      source: path.join(folder, source),
      target,
      isWritable: type === "volume",
    })),
    ...used.map((name): Mount => ({
      source: path.join(folder, secrets[name]?.file ?? ""),
      target: `/run/secrets/${name}`,
    })),
    ...tmpfs.map((text): Mount => ({ target: text.split(":", 1)[0] ?? "" })),
  ];
}
