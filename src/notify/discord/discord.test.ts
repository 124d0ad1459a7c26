import { discord } from "#notify/discord/discord.ts";
import { isJson, isObject, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const TOKEN = "aBcDeFgHiJ0123456789";
const PATH = `/api/webhooks/223704706495545344/${TOKEN}`;

notifierContract({
  definition: discord,
  secrets: [TOKEN],
  config: ({ endpoint }, kind) => ({
    url: `${endpoint}${kind === "right" ? PATH : "/api/webhooks/1/nobody00"}`,
  }),
  tooMany: {
    body: { message: "You are being rate limited.", retry_after: 64.57, global: false },
    milliseconds: 64_570,
  },
  /** https://docs.discord.com/developers/resources/webhook#execute-webhook */
  async service() {
    const service = new MessageService(({ method, url, headers, body }) => {
      if (method !== "POST" || url.pathname !== PATH) {
        return refuse(404, { message: "Unknown Webhook", code: 10_015 });
      }
      const invalid = refuse(400, { message: "Invalid Form Body", code: 50_035 });
      if (!isJson(headers["content-type"]) || url.search !== "?wait=true") return invalid;
      const { content, allowed_mentions: mentions, flags, ...unknown } = parseObject(body) ?? {};
      if (typeof content !== "string" || content.length > 2000 || Object.keys(unknown).length > 0)
        return invalid;
      const isQuiet =
        isObject(mentions) && Array.isArray(mentions["parse"]) && mentions["parse"].length === 0;
      const read = render(content);
      return {
        read: isQuiet && flags === 4 ? read : `(everybody was called) ${read}`.slice(0, 5),
        answer: { status: 200, body: {} },
      };
    });
    await service.listen();
    return service;
  },
});

/** Without what is markup: `\` takes the meaning of the next character away. */
function render(content: string): string {
  return content.replace(
    /\\([^\p{L}\p{N}\s])|[*_~`|[\]]/gu,
    (_, escaped: string | undefined) => escaped ?? "",
  );
}
