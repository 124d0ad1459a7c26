import { expect, it } from "vitest";
import { slack } from "#notify/slack/slack.ts";
import { isJson, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse, renderHtml } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const PATH = "/services/T00000000/B00000000/XXXXsecretXXXXsecretXXXX";

notifierContract({
  definition: slack,
  secrets: [PATH, "XXXXsecretXXXXsecretXXXX"],
  config: ({ endpoint }, kind) => ({
    url: `${endpoint}${kind === "right" ? PATH : "/services/T0/B0/nobody00"}`,
  }),
  /** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ */
  async service() {
    const service = new MessageService(({ method, url, headers, body }) => {
      if (method !== "POST" || url.pathname !== PATH) return refuse(404, "no_service");
      const { text, mrkdwn, ...rest } = parseObject(body) ?? {};
      const isKnown = Object.keys(rest).every((key) => ["unfurl_links", "unfurl_media"].includes(key));
      if (!isJson(headers["content-type"]) || typeof text !== "string" || !isKnown) {
        return refuse(400, "invalid_payload");
      }
      if (text.length > 40_000) return refuse(400, "msg_too_long");
      // With markup, what stands between two * would be bold and the * gone
      const shown = renderHtml(mrkdwn === false ? text : text.replace(/[*_~`]/g, ""), []);
      return shown === undefined
        ? refuse(400, "invalid_payload")
        : { read: shown, answer: { status: 200, body: "ok" } };
    });
    await service.listen();
    return service;
  },
});

it("slack says at once that its secret is no URL, without the secret", () => {
  const config = slack.config.parse({ url: "T00000000/B00000000/secret" });
  const create = () => slack.create(config, testPorts(), openPlain);
  expect(create).toThrow(
    "Cannot use the URL for Slack: it is no http or https URL, expected https://hooks.slack.com/",
  );
  expect(create).not.toThrow("secret");
});
