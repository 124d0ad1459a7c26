import { randomFillSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { monotonicMs } from "../clock.ts";

/** Milliseconds from the 20 bytes of a Binding request to whatever comes back; `NaN` when nothing does. */
export async function stunRoundTrip(address: string, patience = 2000): Promise<number> {
  const socket = createSocket("udp4");
  try {
    socket.connect(3478, address);
    await once(socket, "connect");
    const request = randomFillSync(Buffer.alloc(20));
    Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]).copy(request);
    const startedAt = monotonicMs();
    socket.send(request);
    await once(socket, "message", { signal: AbortSignal.timeout(patience) });
    return monotonicMs() - startedAt;
  } catch {
    return Number.NaN;
  } finally {
    socket.close();
  }
}
