import { ntfy } from "#notify/ntfy/ntfy.ts";
import { isJson, isTexts, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const [TOPIC, TOKEN] = ["home-5f1c0a7e", "tk_0123456789abcdef"];

notifierContract({
  definition: ntfy,
  secrets: [TOPIC, TOKEN],
  config: ({ endpoint }, kind) => ({
    server: endpoint,
    topic: TOPIC,
    token: kind === "right" ? TOKEN : "tk_wrong_wrong_wrong",
  }),
  /** https://docs.ntfy.sh/publish/#publish-as-json */
  async service() {
    const service = new MessageService(({ method, url, headers, body }) => {
      const failure = (http: number, error: string) => refuse(http, { code: http * 100 + 1, http, error });
      if (method !== "POST" || url.pathname !== "/") return failure(404, "page not found");
      if (headers.authorization !== `Bearer ${TOKEN}`) return failure(403, "forbidden");
      const { topic, title, message, priority, tags, ...unknown } = parseObject(body) ?? {};
      if (!isJson(headers["content-type"]) || Object.keys(unknown).length > 0) {
        return failure(400, "invalid request: request body must be message JSON");
      }
      if (topic !== TOPIC) return failure(400, "invalid topic");
      if (typeof priority !== "number" || !Number.isInteger(priority) || priority < 1 || priority > 5) {
        return failure(400, "invalid priority parameter");
      }
      if (!isTexts(tags) || typeof title !== "string" || typeof message !== "string") {
        return failure(400, "invalid request");
      }
      if (Buffer.byteLength(message) > 4096) return failure(413, "attachment too large");
      return { read: `${title}\n${message}`, answer: { status: 200, body: { id: "x", event: "message" } } };
    });
    await service.listen();
    return service;
  },
});
