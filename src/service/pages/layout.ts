import { assetUrl } from "#service/assets/assets.ts";
import type { AssetName } from "#service/assets/files.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Answer, Caller, ServiceRequest } from "#service/http/route.ts";
import { csrfField } from "#service/pages/components/action.ts";
import { attributes, html, type Html, url } from "#service/pages/html.ts";

const PAGES = [
  { path: "/", name: "Overview" },
  { path: "/cluster", name: "Cluster" },
  { path: "/history", name: "History" },
  { path: "/plan", name: "Plan" },
  { path: "/sources", name: "Sources" },
  { path: "/providers", name: "Providers" },
  { path: "/doctor", name: "Doctor" },
  { path: "/configuration", name: "Configuration" },
  { path: "/api", name: "API" },
  { path: "/lab", name: "Lab" },
] as const;

export type PagePath = (typeof PAGES)[number]["path"];

const EXTRAS = ["/cluster", "/lab"] as const satisfies readonly PagePath[];

export interface Page {
  /** Of the window: `<title>: esddns`. */
  readonly title: string;
  /** Which of the pages it is, or belongs to. */
  readonly current?: PagePath | undefined;
  /** Absent: nobody who may see anything, e.g. on the way in. */
  readonly caller?: Caller | undefined;
  /** Nobody is asked for a password. */
  readonly isInsecure?: boolean | undefined;
  /** Those that most daemons do not have. */
  readonly extras?: readonly PagePath[] | undefined;
  /**
   * Panels. What moves has an `id` and `data-live`: when something happens, the page is fetched anew and these
   * are brought up to date in place.
   */
  readonly body: Html;
  /** Beside `live.js`, which every page has. */
  readonly scripts?: readonly AssetName[] | undefined;
  readonly styles?: readonly AssetName[] | undefined;
  /** Without scripts the page comes anew after so many seconds; absent: it stays as it is. */
  readonly refresh?: number | undefined;
}

/** The page as an answer to the request. */
export function pageAnswer(
  { isInsecure, lab, cluster }: Pick<ServiceContext, "cluster" | "isInsecure" | "lab">,
  { caller }: Pick<ServiceRequest, "caller">,
  page: Omit<Page, "caller" | "extras" | "isInsecure">,
): Answer {
  const extras = EXTRAS.filter((path) => (path === "/lab" ? lab : cluster) !== undefined);
  return { kind: "page", html: layout({ ...page, caller, isInsecure, extras }).markup };
}

export function layout(page: Page): Html {
  const { title, caller, body, isInsecure } = page;
  const isInside = caller?.mayRead === true;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${isInside && html`<meta name="csrf" content="${caller.csrf}" />`}
        <title>${title}: esddns</title>
        <link rel="icon" type="image/svg+xml" href="${assetUrl("mark.svg")}" />
        ${[...(page.styles ?? []), "style.css" as const].map(
          (name) => html`<link rel="stylesheet" href="${assetUrl(name)}" /> `,
        )}${["moments.js" as const, "swap.js" as const, "forms.js" as const].map(
          (name) => html`<link rel="modulepreload" href="${assetUrl(name)}" /> `,
        )}${["live.js" as const, ...(page.scripts ?? [])].map(
          (name) => html`<script type="module" src="${assetUrl(name)}"></script> `,
        )}${
          page.refresh !== undefined &&
          html`<noscript><meta http-equiv="refresh" content="${page.refresh}" /></noscript>`
        }
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        ${isInsecure === true && insecureBanner()}
        <header class="bar">
          <a class="name" href="${url("/")}">${logo()}esddns</a>
          ${isInside && navigation(page)} ${isInside && status(caller)}
        </header>
        <main id="main" tabindex="-1">${body}</main>
        <footer class="foot">${isInside && html`<span data-zone>Times are in UTC.</span>`}</footer>
        <div id="announcer" class="hidden" role="status" aria-live="polite"></div>
      </body>
    </html> `;
}

/** The sign of the whole: witnesses on a line, one of them off it. */
export function logo(): Html {
  return html`<svg class="logo" viewBox="0 0 24 16" aria-hidden="true">
    <path d="M0 10h24" class="line" />
    <circle cx="4" cy="10" r="3" />
    <circle cx="12" cy="10" r="3" />
    <path d="m20 0 3.5 3.5L20 7l-3.5-3.5Z" class="off" />
  </svg>`;
}

function navigation({ current, extras = [] }: Page): Html {
  const missing: readonly PagePath[] = EXTRAS.filter((path) => !extras.includes(path));
  const pages = PAGES.filter(({ path }) => !missing.includes(path));
  return html`<nav aria-label="Pages">
    ${pages.map(
      ({ path, name }) =>
        html`<a href="${url(path)}" ${attributes({ "aria-current": path === current && "page" })}
          >${name}</a
        >`,
    )}
  </nav>`;
}

function status(caller: Caller): Html {
  return html`<div class="status">
    <span class="live" id="live" role="status" hidden>live</span>${
      caller.kind === "session" &&
      html`<form method="post" action="${url("/sign-out")}">
        ${csrfField(caller)}<button class="quiet">Sign out</button>
      </form>`
    }
  </div>`;
}

function insecureBanner(): Html {
  return html`<p class="banner" role="note">
    <strong>Nobody is asked for a password here.</strong> The daemon was started with
    <code>--insecure-no-auth</code>: whoever reaches this address can see and do everything.
  </p>`;
}
