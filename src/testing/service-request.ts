import type { ServiceRequest } from "#service/http/route.ts";

/** A request by a program on this host, as a route gets it. */
export function serviceRequest(
  target: string,
  { body, ...more }: Partial<ServiceRequest> & { readonly body?: unknown } = {},
): ServiceRequest {
  const { pathname, searchParams } = new URL(target, "http://127.0.0.1:51339");
  return {
    method: "GET",
    path: pathname,
    parameters: {},
    query: searchParams,
    headers: {},
    caller: { kind: "local", mayRead: true, mayOperate: true, csrf: "csrf" },
    client: "127.0.0.1",
    isSecure: false,
    origin: "http://127.0.0.1:51339",
    form: () => Promise.resolve(new URLSearchParams()),
    json: () => Promise.resolve(body),
    signal: new AbortController().signal,
    ...more,
  };
}
