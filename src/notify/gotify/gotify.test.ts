import { gotify } from "#notify/gotify/gotify.ts";
import { isJson, isObject, parseObject } from "#testing/emulators/body.ts";
import { MessageService, refuse } from "#testing/emulators/message-service.ts";
import { notifierContract } from "#testing/notifier-contract.ts";

const TOKEN = "AbCdEf.0123456789";

notifierContract({
  definition: gotify,
  secrets: [TOKEN],
  config: ({ endpoint }, kind) => ({
    server: `${endpoint}/push/`,
    token: kind === "right" ? TOKEN : "AwrongTokenWrong",
  }),
  /** https://gotify.net/api-docs#/message/createMessage */
  async service() {
    const service = new MessageService(({ method, url, headers, body }) => {
      const failure = (errorCode: number, error: string, errorDescription: string) =>
        refuse(errorCode, { error, errorCode, errorDescription });
      if (method !== "POST" || url.pathname !== "/push/message") {
        return failure(404, "Not Found", "page not found");
      }
      if (url.search !== "" || headers["x-gotify-key"] !== TOKEN) {
        return failure(401, "Unauthorized", "you need to provide a valid access token or user credentials");
      }
      const { title, message, priority, extras, ...unknown } = parseObject(body) ?? {};
      const isValid =
        isJson(headers["content-type"]) &&
        typeof title === "string" &&
        typeof message === "string" &&
        Number.isInteger(priority) &&
        isObject(extras) &&
        Object.keys(unknown).length === 0;
      if (!isValid || message === "") return failure(400, "Bad Request", "Field 'message' is required");
      return { read: `${title}\n${message}`, answer: { status: 200, body: { id: 25, title, message } } };
    });
    await service.listen();
    return service;
  },
});
