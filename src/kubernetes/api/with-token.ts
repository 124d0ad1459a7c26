import { readText } from "#kubernetes/api/answer-body.ts";
import type { FreshText } from "#kubernetes/api/fresh-text.ts";
import type { ApiTransport } from "#kubernetes/api/ports.ts";

const MAX_REFUSAL = 65_536;

/** Sends a service account's token with every request; when it is refused, once more with what the file says now. */
export function withToken(transport: ApiTransport, token: FreshText): ApiTransport {
  return {
    async open(request, signal) {
      const attempt = async () => {
        const authorization = `Bearer ${await token.text()}`;
        return transport.open({ ...request, headers: { ...request.headers, authorization } }, signal);
      };
      const answer = await attempt();
      if (answer.status !== 401 || !(await token.reread())) return answer;
      // To its end, so that the connection can be used again
      await readText(answer.body, MAX_REFUSAL);
      return attempt();
    },
  };
}
