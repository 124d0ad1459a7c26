import type { Witness } from "#core/witness.ts";

/** How a witness is reached, from its kind and its id (`stun:stun.example.net:3478:udp`). */
export function describeTransport({ id, source, authenticated }: Witness): {
  readonly by: string;
  readonly peer: string;
} {
  const peer = id.startsWith(`${source}:`) ? id.slice(source.length + 1) : id;
  switch (source) {
    case "stun":
      return stunTransport(peer);
    case "http":
      return { by: authenticated ? "HTTPS" : "HTTP", peer };
    case "whoami":
      return { by: authenticated ? "DNS, encrypted" : "plain DNS", peer };
    case "interface":
      return { by: "this host's interface", peer: peer === source ? "any" : peer };
    case "static":
      return { by: "the configuration", peer: "" };
    case "command":
      return { by: "a command", peer };
    case "file":
      return { by: "a file", peer };
    case "cluster":
      return { by: "the cluster's shared address", peer };
  }
}

function stunTransport(peer: string): { readonly by: string; readonly peer: string } {
  const at = peer.lastIndexOf(":");
  const transport = peer.slice(at + 1);
  if (!["udp", "tcp", "tls"].includes(transport)) return { by: "STUN", peer };
  return { by: `STUN over ${transport.toUpperCase()}`, peer: peer.slice(0, at) };
}
