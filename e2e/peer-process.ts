import { Child } from "./child.ts";
import { freePort } from "./free-port.ts";

const ATTEMPTS = 3;

/**
 * Starts a server of somebody else on free ports and waits until it answers. A port may be taken by others
 * between choosing and listening: then it is tried again with others.
 *
 * @param ports how many it needs, all at `address`
 * @param start makes its files and tells the command line
 * @param isReady asks it, as a client would
 */
export async function startPeer(options: {
  readonly address: string;
  readonly ports: number;
  readonly start: (ports: readonly number[]) => Promise<readonly string[]> | readonly string[];
  readonly isReady: (ports: readonly number[], child: Child) => Promise<boolean> | boolean;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<{ readonly child: Child; readonly ports: readonly number[] }> {
  const { address, isReady, start, env } = options;
  for (let attempt = 1; ; attempt += 1) {
    const ports: number[] = [];
    while (ports.length < options.ports) {
      const port = await freePort(address);
      if (!ports.includes(port)) ports.push(port);
    }
    const child = new Child(await start(ports), { env });
    try {
      await child.until("it answers", () => isReady(ports, child));
      return { child, ports };
    } catch (error) {
      const hasEnded = child.ended !== undefined;
      await child[Symbol.asyncDispose]();
      if (!hasEnded || attempt === ATTEMPTS) throw error;
    }
  }
}
