import type { NotifierDefinition } from "#notify/definition.ts";
import { discord } from "#notify/discord/discord.ts";
import { email } from "#notify/email/email.ts";
import { gotify } from "#notify/gotify/gotify.ts";
import { healthchecks } from "#notify/healthchecks/healthchecks.ts";
import { matrix } from "#notify/matrix/matrix.ts";
import { ntfy } from "#notify/ntfy/ntfy.ts";
import { slack } from "#notify/slack/slack.ts";
import { telegram } from "#notify/telegram/telegram.ts";
import { uptimeKuma } from "#notify/uptime-kuma/uptime-kuma.ts";
import { webhook } from "#notify/webhook/webhook.ts";

/** Every kind of notifier, by the value of `type`: one line each. */
export const notifiers = {
  discord,
  email,
  gotify,
  healthchecks,
  matrix,
  ntfy,
  slack,
  telegram,
  "uptime-kuma": uptimeKuma,
  webhook,
} as const satisfies Readonly<Record<string, NotifierDefinition>>;
