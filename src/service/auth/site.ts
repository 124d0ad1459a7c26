import type { IncomingHttpHeaders } from "node:http";
import { problem } from "#service/http/problem.ts";

/**
 * Against other sites' pages that let a person's browser ask for something: the answer is not theirs to read, but a
 * plan asks every witness and every provider, and a summary of months takes its time. A person may follow a link
 * from there (W3C Fetch Metadata Request Headers); a browser that only prepares for that asks for nothing yet.
 *
 * @throws {HttpProblem} 403
 */
export function checkSite(headers: IncomingHttpHeaders): void {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none" || isFollowedLink(headers)) return;
  throw problem(403, "cross-site", "The request comes from another site's page");
}

function isFollowedLink(headers: IncomingHttpHeaders): boolean {
  const isPrepared = headers["sec-purpose"] !== undefined || headers["purpose"] !== undefined;
  return headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document" && !isPrepared;
}
