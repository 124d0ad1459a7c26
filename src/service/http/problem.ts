import type { IncomingHttpHeaders } from "node:http";
import { HttpProblem, type Problem } from "#service/http/route.ts";

export function problem(status: number, type: string, title: string, detail?: string): HttpProblem {
  return new HttpProblem({ status, type, title, ...(detail === undefined ? {} : { detail }) });
}

export const NOT_FOUND = { status: 404, type: "not-found", title: "There is nothing here" } as const;

/** Says nothing of what went wrong: that is in the log. */
export const INTERNAL: Problem = {
  status: 500,
  type: "internal",
  title: "Something is wrong in esddns",
  detail: "The log has more about it",
};

/** RFC 9457 section 3. */
export function problemDocument({ status, type, title, detail, members }: Problem): string {
  return JSON.stringify({ type: `/api#${type}`, status, title, detail, ...members });
}

/** People look at pages; programs, the API's readers and whoever does not ask for HTML get JSON. */
export function wantsPage(path: string, { accept = "" }: IncomingHttpHeaders): boolean {
  return !path.startsWith("/api/") && /\btext\/html\b/.test(accept);
}

/** For when nobody else styles it. */
export function plainErrorPage({ status, title, detail = "" }: Problem): string {
  const text = [
    `<h1>${status}: ${escape(title)}</h1>`,
    `<p>${escape(detail)}</p>`,
    '<p><a href="/">esddns</a></p>',
  ];
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status}</title>`;
  return `<!doctype html><html lang="en"><head>${head}</head><body>${text.join("")}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
