import type { Endpoint } from "#core/ports.ts";

/** `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`;
}
