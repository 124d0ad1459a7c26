import { z } from "zod";
import { type Answer, deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { secretUrl, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { secretsOf } from "#notify/_shared/words.ts";
import { defineMonitor } from "#notify/definition.ts";
import { secretReference } from "#schemas/secret.ts";

/**
 * https://healthchecks.io/docs/http_api/ (read 2026-11-22): POST to the ping URL says that all is well, below it
 * `/fail` the contrary; the body is kept for people.
 */
export const healthchecks = defineMonitor({
  kind: "heartbeat",
  id: "healthchecks",
  title: "Healthchecks.io",
  docsUrl: "https://healthchecks.io/docs/http_api/",
  description:
    "A ping after rounds that ended well, and a failure signal when records could not be made right. When the pings " +
    "stay away, Healthchecks.io (or a server of your own) tells you: of a daemon that died, too, and of a line that " +
    "is down. Make a check whose period is that of `schedule.interval`, with a grace time of twice that.",
  example: { url: { env: "HEALTHCHECKS_URL" } },
  config: z.strictObject({
    url: secretReference.meta({ description: "Ping URL of the check, by its UUID or by its slug" }),
  }),
  secrets: ({ url }) => [url],
  create(config, ports, secret) {
    const opened = secret(config.url);
    const urlOf = () => secretUrl(opened, "Healthchecks.io", "https://hc-ping.com/…");
    warnOfPlainHttp(ports.log, "healthchecks", urlOf());
    return {
      async beat({ isWell, words }, signal) {
        const url = urlOf();
        const secrets = secretsOf(url);
        if (!isWell) url.pathname = `${url.pathname.replace(/\/+$/, "")}/fail`;
        await deliver(
          ports,
          {
            title: "Healthchecks.io",
            method: "POST",
            url,
            headers: { "content-type": "text/plain; charset=utf-8" },
            body: words,
            secrets,
            explain,
          },
          signal,
        );
      },
    };
  },
});

/**
 * Servers before version 3 say 200 to an unknown check; the hosted one says 200 to a UUID that is pinged too often,
 * and forgets the ping (https://github.com/bdd/runitor/issues/66, by its maker, read 2026-11-23).
 */
function explain({ status, text }: Answer): Explanation {
  if (text.includes("(not found)")) return { code: "not-found" };
  return status === 200 && text.includes("(rate limited)") ? { code: "rate-limited" } : {};
}
