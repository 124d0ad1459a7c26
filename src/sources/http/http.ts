import { z } from "zod";
import { FAMILIES, type Family, parseAddress } from "#core/address.ts";
import type { Names } from "#core/ports.ts";
import { unpublishableReason } from "#core/publishable.ts";
import { operator } from "#core/witness.ts";
import { bareHost } from "#sources/_shared/bare-host.ts";
import { durationSchema } from "#sources/_shared/duration-schema.ts";
import { operatorOfHost } from "#sources/_shared/operator-of-host.ts";
import { defineSource } from "#sources/definition.ts";
import { DEFAULT_SERVICES, type EchoService, formatOf, serviceId } from "#sources/http/service.ts";
import { createWitness } from "#sources/http/witness.ts";

const service = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "expected a URL such as https://ip.example.net/", abort: true })
      .meta({ description: "Answers a GET with the caller's address. https, unless `insecure` is set." }),
    format: z.enum(["text", "trace"]).optional().meta({
      description:
        "`text`: the whole body is the address. `trace`: lines of key=value with `ip`, as Cloudflare's /cdn-cgi/trace, which is recognised by its path.",
    }),
    families: z
      .array(z.literal(FAMILIES))
      .min(1)
      .optional()
      .meta({ description: "Which of 4 and 6 it is asked for; both unless the URL holds an address." }),
    operator: z
      .string()
      .trim()
      .min(1)
      .optional()
      .meta({ description: "Who runs it: all witnesses of one operator share a vote. Default: its domain." }),
    insecure: z
      .boolean()
      .default(false)
      .meta({ description: "Allow plain http beyond this host: anybody on the path can forge the answer." }),
  })
  .superRefine(({ url: text, families, insecure }, context) => {
    const url = new URL(text);
    if (url.username || url.password) {
      context.addIssue({ code: "custom", path: ["url"], message: "expected a URL without credentials" });
    }
    if (url.protocol === "http:" && !insecure && !isLoopback(url)) {
      const message = 'expected https (or "insecure: true", which lets anybody on the path lie)';
      context.addIssue({ code: "custom", path: ["url"], message });
    }
    const only = literalAddress(url)?.family;
    if (only && families?.some((family) => family !== only)) {
      const message = `the URL holds an IPv${only} address, expected ${only} alone`;
      context.addIssue({ code: "custom", path: ["families"], message });
    }
  });

const config = z.strictObject({
  services: z
    .array(service)
    .min(1)
    .superRefine((services, context) => {
      const ids = services.map(({ url }) => serviceId(new URL(url)));
      for (const [index, id] of ids.entries()) {
        if (ids.indexOf(id) === index) continue;
        context.addIssue({ code: "custom", path: [index, "url"], message: "this service is listed already" });
      }
    })
    .optional()
    .meta({ description: "The services to ask instead of the curated ones." }),
  timeout: durationSchema({ min: "10ms", max: "60s" })
    .prefault("3s")
    .meta({ description: "For one answer, connection included." }),
  announce: z
    .boolean()
    .default(false)
    .meta({ description: "Log every answer at level info instead of debug." }),
});

/** Web services that tell their callers' address. */
export const httpSource = defineSource({
  kind: "http",
  title: "Web services (HTTPS)",
  description:
    "Asks web services for the address they see, each over a new connection of the family in question. Only status 200 with one address as the whole body counts; redirects, pages, compressed or oversized answers are refused. TLS proves who answers, not that the answer is right; a tunnel or proxy on the path shows its own address.",
  config,
  create({ services, timeout, announce }, { http, names, log }) {
    const chosen = services?.map(configuredService) ?? DEFAULT_SERVICES;
    const witnesses = chosen.map((service) => createWitness(service, { http, log }, { timeout, announce }));
    return {
      kind: "http",
      witnesses: () => witnesses,
      async prepare(families, signal) {
        const questions = chosen.flatMap((service) =>
          service.families
            .filter((family) => families.includes(family))
            .map((family) => ({ service, family })),
        );
        const failures = await Promise.all(
          questions.map(({ service, family }) => resolveAhead(names, service.url, family, signal)),
        );
        for (const { host, error } of failures.flatMap((failure) => failure ?? [])) {
          log.debug("A web service's name does not resolve", { host, error });
        }
      },
    };
  },
});

function configuredService({ url: text, ...options }: z.output<typeof service>): EchoService {
  const url = new URL(text);
  url.hash = "";
  const literal = literalAddress(url);
  const families = options.families ?? (literal ? [literal.family] : FAMILIES);
  return {
    url,
    format: options.format ?? formatOf(url),
    families: FAMILIES.filter((family) => families.includes(family)),
    operator: options.operator === undefined ? operatorOfHost(url.hostname) : operator(options.operator),
  };
}

/** Fills the cache of names, so that no round pays for it. */
async function resolveAhead(names: Names, url: URL, family: Family, signal: AbortSignal) {
  const host = bareHost(url);
  try {
    await names.resolve(host, family, signal);
    return undefined;
  } catch (error) {
    return { host, error };
  }
}

function isLoopback(url: URL): boolean {
  const address = literalAddress(url);
  if (!address) return url.hostname === "localhost";
  return unpublishableReason(address) === "loopback";
}

function literalAddress(url: URL) {
  return parseAddress(bareHost(url));
}
