import { z } from "zod";
import { parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { type Prefix, parsePrefix, prefixOf } from "#core/prefix.ts";
import { withHint } from "#config/explain.ts";
import type { Listen } from "#config/service-settings.ts";
import { secretReference } from "#schemas/secret.ts";

export const DEFAULT_PORT = 51_339;
/** Where containers are usually probed. */
const HEALTH_PORT = 8080;

/** Names are part of logs and problems, so they stay simple words. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** @param usual its port, for examples; its address is `host` */
function listenAt(host: string, usual: number) {
  return z.string().transform((text, context): Listen => {
    const parsed = parseListen(text);
    if (parsed) return parsed;
    const expected = `an address with a port, such as ${host}:${usual} or [::1]:${usual}, or unix:/run/esddns/esddns.sock`;
    const closest = parseListen(`${text}:${usual}`) ?? parseListen(`${host}:${text.replace(/^:/, "")}`);
    const hint = closest?.kind === "tcp" ? `did you mean \`${closest.host}:${closest.port}\`?` : undefined;
    context.addIssue({ code: "custom", message: withHint(`it is "${text}", expected ${expected}`, hint) });
    return z.NEVER;
  });
}

const host = z.string().transform((text, context): string => {
  const name = hostName(text);
  if (name !== undefined) return name;
  const message = `it is "${text}", expected a name or an address without a port, such as dns.example.org`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const proxy = z.string().transform((text, context): Prefix | "unix" => {
  const address = parseAddress(text);
  const prefix =
    text === "unix" ? text : address ? prefixOf(address, address.bytes.length * 8) : parsePrefix(text);
  if (prefix) return prefix;
  const message = `it is "${text}", expected an address, a block such as 10.0.0.0/8 without bits after its length, or unix`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const token = z.strictObject({
  name: z
    .string()
    .regex(NAME, { error: "expected letters, digits, - and _, 63 at most" })
    .meta({ description: "Who uses it" }),
  scopes: z
    .array(z.enum(["read", "operate"]))
    .min(1)
    .prefault(["read"])
    .meta({ description: "read: sees everything; operate: may change something, too" }),
  token: secretReference.meta({
    description: "At least 20 characters; `esddns password --token` prints a good one",
  }),
});

const settings = z.strictObject({
  listen: listenAt("127.0.0.1", DEFAULT_PORT).prefault(`127.0.0.1:${DEFAULT_PORT}`).meta({
    description:
      "Address and port, or unix:PATH. Beyond this host, a password or a token is required; port 0 is any free one",
  }),
  health: listenAt("0.0.0.0", HEALTH_PORT)
    .optional()
    .meta({
      description: `A second address, such as 0.0.0.0:${HEALTH_PORT}, at which everybody may ask for health and metrics, and nothing else`,
    }),
  password: secretReference.optional().meta({
    description: "What `esddns password` prints; absent: nobody can sign in",
  }),
  tokens: z.array(token).prefault([]).meta({ description: "For programs: Authorization: Bearer" }),
  hosts: z.array(host).prefault([]).meta({
    description: "Names by which browsers may call it, beside localhost and the address itself",
  }),
  tls: z
    .strictObject({
      certificateFile: z.string().min(1).meta({ description: "PEM, with the chain" }),
      keyFile: z.string().min(1).meta({ description: "PEM" }),
    })
    .optional()
    .meta({ description: "Own certificate; its files are read again when they change" }),
  proxies: z.array(proxy).prefault([]).meta({
    description:
      "Reverse proxies whose X-Forwarded-For, -Proto and -Host count: addresses, blocks, or unix for the Unix socket",
  }),
  metrics: z
    .strictObject({
      address: z.boolean().prefault(false).meta({ description: "Whether /metrics shows the address itself" }),
      open: z.boolean().prefault(false).meta({ description: "Whether /metrics asks nobody for a token" }),
    })
    .prefault({})
    .meta({ description: "What Prometheus gets" }),
});

/** The section `service` of the configuration; its settings come from `read-service.ts`. */
export const serviceSection = z
  .union([z.literal(false), settings])
  .meta({ description: "The daemon's dashboard, API and metrics; false switches them off" });

export type ServiceSection = z.output<typeof settings>;

/** `127.0.0.1:51339`, `[::]:51339`, `localhost:51339`, `unix:/path`. */
export function parseListen(text: string): Listen | undefined {
  const [, path] = /^unix:(.+)$/.exec(text) ?? [];
  if (path !== undefined) return { kind: "unix", path };
  const [, bracketed, plain = "", digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? (plain === "localhost" ? "127.0.0.1" : plain));
  const isRight = address?.family === (bracketed === undefined ? 4 : 6) && Number(digits) <= 65_535;
  return address && isRight ? { kind: "tcp", host: address.text, port: Number(digits) } : undefined;
}

/** As `Host` is compared: in lower case, without brackets and the root's dot. */
function hostName(text: string): string | undefined {
  const address = parseAddress(text.replace(/^\[(.*)\]$/, "$1"));
  if (address) return address.text;
  try {
    return /^[\w.-]+$/.test(text) ? parseDomainName(text) : undefined;
  } catch {
    return undefined;
  }
}
