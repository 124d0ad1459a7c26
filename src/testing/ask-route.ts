import type { Answer, Route, ServiceRequest } from "#service/http/route.ts";
import { serviceRequest } from "#testing/service-request.ts";

type Sent = Partial<ServiceRequest> & { readonly fields?: Readonly<Record<string, string>> };

/** What the route answers that the request is for. @param fields of a form */
export async function askRoute(
  routes: readonly Route[],
  method: Route["method"],
  target: string,
  { fields = {}, ...more }: Sent = {},
): Promise<Answer> {
  const [path = ""] = target.split("?");
  const route = routes.find((each) => each.method === method && each.path === path);
  if (!route) throw new RangeError(`There is no ${method} ${path}`);
  const form = () => Promise.resolve(new URLSearchParams(fields));
  return route.handle(serviceRequest(target, { method, form, ...more }));
}

/** A page's HTML. */
export async function askPage(...asked: Parameters<typeof askRoute>): Promise<string> {
  const answer = await askRoute(...asked);
  if (answer.kind !== "page") throw new TypeError(`Not a page but a ${answer.kind}`);
  return answer.html;
}

/** Of somebody who may look and nothing else. */
export const READER: ServiceRequest["caller"] = {
  kind: "token",
  mayRead: true,
  mayOperate: false,
  csrf: "csrf",
};
