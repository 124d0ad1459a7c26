import { z } from "zod";
import { type Answer, deliver, type Explanation } from "#notify/_shared/deliver.ts";
import { member, textMember } from "#notify/_shared/json-body.ts";
import { secretUrl, warnOfPlainHttp } from "#notify/_shared/server-url.ts";
import { fit, secretsOf } from "#notify/_shared/words.ts";
import { defineMonitor } from "#notify/definition.ts";
import { secretReference } from "#schemas/secret.ts";

/** It travels in the URL. */
const MAX_WORDS = 250;

/** https://github.com/louislam/uptime-kuma/wiki/Internal-API, "Push Endpoint" (read 2026-11-22) */
export const uptimeKuma = defineMonitor({
  kind: "heartbeat",
  id: "uptime-kuma",
  title: "Uptime Kuma",
  docsUrl: "https://github.com/louislam/uptime-kuma/wiki/Internal-API",
  description:
    "A push after rounds that ended well, and one with status `down` when records could not be made right. Make a " +
    "monitor of the type Push, with a heartbeat interval of twice `schedule.interval`, and copy its push URL; what " +
    "follows the question mark does not matter.",
  example: { url: { env: "UPTIME_KUMA_URL" } },
  config: z.strictObject({
    url: secretReference.meta({ description: "Push URL of the monitor" }),
  }),
  secrets: ({ url }) => [url],
  create(config, ports, secret) {
    const opened = secret(config.url);
    const urlOf = () => secretUrl(opened, "Uptime Kuma", "https://status.example.org/api/push/…");
    warnOfPlainHttp(ports.log, "uptime-kuma", urlOf());
    return {
      async beat({ isWell, words }, signal) {
        const url = urlOf();
        url.search = "";
        const secrets = secretsOf(url);
        url.searchParams.set("status", isWell ? "up" : "down");
        url.searchParams.set("msg", fit(words, MAX_WORDS));
        await deliver(ports, { title: "Uptime Kuma", method: "GET", url, secrets, explain }, signal);
      },
    };
  },
});

/** An unknown monitor is a 404 in version 1 and 2.0, a 500 later; and `ok: false` is no success, whatever the status. */
function explain({ status, json }: Answer): Explanation {
  const words = textMember(json, "msg");
  if (words?.startsWith("Monitor not found")) {
    return {
      code: "not-found",
      words,
      hint: "copy the push URL again, and see that the monitor is not paused",
    };
  }
  if (status === 200 && member(json, "ok") !== true) {
    return { code: "unreadable", words, hint: "is it the push URL of a monitor?" };
  }
  return { words };
}
