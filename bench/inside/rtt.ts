/**
 * The line's round trips, measured with nothing of ours in between.
 *
 * Usage: rtt.ts ROUNDS ADDRESS…; prints JSON, each list in milliseconds.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { monotonicMs } from "../clock.ts";
import { stunRoundTrip } from "./stun-round-trip.ts";

const [rounds = "20", ...servers] = process.argv.slice(2);
const udp: number[] = [];
const tcp: number[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const server = servers[round % servers.length] ?? "";
  udp.push(await stunRoundTrip(server));
  tcp.push(await tcpConnect(server));
}
console.log(JSON.stringify({ udp: udp.slice(servers.length), tcp: tcp.slice(servers.length) }));

async function tcpConnect(address: string): Promise<number> {
  const startedAt = monotonicMs();
  const socket = connect({ host: address, port: 443 });
  await once(socket, "connect");
  const took = monotonicMs() - startedAt;
  socket.destroy();
  return took;
}
