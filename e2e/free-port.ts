import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that is free over UDP and TCP at an address of this host, at this moment. */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  for (;;) {
    const tcp = createServer();
    tcp.listen({ host: address, port: 0 });
    await once(tcp, "listening");
    const bound = tcp.address();
    const port = typeof bound === "object" && bound ? bound.port : 0;
    const isFree = await isFreeForUdp(address, port);
    tcp.close();
    await once(tcp, "close");
    if (isFree) return port;
  }
}

async function isFreeForUdp(address: string, port: number): Promise<boolean> {
  const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    udp.bind(port, address);
    await once(udp, "listening");
    return true;
  } catch {
    return false;
  } finally {
    udp.close();
  }
}
