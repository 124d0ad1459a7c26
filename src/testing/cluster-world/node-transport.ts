import type { ApiAnswer, ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import type { Line } from "#testing/cluster-world/line.ts";
import type { NodeProcess } from "#testing/cluster-world/node-process.ts";
import type { KubeApi } from "#testing/kube-api.ts";

/**
 * How the process of a node reaches the fake API server over its own line.
 *
 * @param onAsk called right when a request leaves the node
 */
export function nodeTransport(
  api: KubeApi,
  line: Line,
  process: NodeProcess,
  onAsk: (request: ApiRequest) => void,
): ApiTransport {
  async function exchange(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    line.check();
    onAsk(request);
    await line.cross();
    // A watch ends with whoever watches; all else that was sent is done
    const until = request.target.includes("watch=1") ? AbortSignal.any([signal, process.gone]) : process.gone;
    const answer = await api.open(request, until);
    await line.cross();
    return answer;
  }
  return {
    async open(request, signal) {
      try {
        const answer = await line.wait(exchange(request, signal), signal);
        return { ...answer, body: pieces(answer.body, line, process, signal) };
      } finally {
        await process.runs();
      }
    },
  };
}

async function* pieces(
  body: AsyncIterable<Uint8Array>,
  line: Line,
  process: NodeProcess,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await arrival(reader, line, process, signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Whoever stops to read closes the connection; what hangs there is not waited for
    void reader.return?.().catch(() => {});
  }
}

async function arrival(
  reader: AsyncIterator<Uint8Array>,
  line: Line,
  process: NodeProcess,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  try {
    const piece = async () => {
      const next = await reader.next();
      await line.cross();
      return next;
    };
    return await line.wait(piece(), signal);
  } finally {
    await process.runs();
  }
}
