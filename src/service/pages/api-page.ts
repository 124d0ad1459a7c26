import { openApiDocument } from "#service/api/openapi.ts";
import { ENDPOINTS } from "#service/api/routes.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { openApi, type OpenApi } from "#service/pages/api-page-document.ts";
import { type ApiModel, apiModel, type EndpointView } from "#service/pages/api-page-model.ts";
import type { FieldRow, TypeWords } from "#service/pages/api-page-types.ts";
import { copyButton } from "#service/pages/components/copy.ts";
import { html, type Html, url } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";

export function apiPageRoutes(context: ServiceContext): readonly Route[] {
  let document: OpenApi | undefined;
  const page = (path: string, bodyOf: (model: ApiModel) => Html): Route => ({
    method: "GET",
    path,
    access: "read",
    handle: (request) => {
      document ??= openApi.parse(openApiDocument(ENDPOINTS.map((each) => each.document)));
      const { origin, caller } = request;
      const body = bodyOf(apiModel(document, { origin, needsToken: caller.kind !== "local" }));
      return pageAnswer(context, request, { title: "API", current: "/api", body });
    },
  });
  return [page("/api", apiBody), page("/api/schemas", schemasBody)];
}

export function apiBody({ introduction, groups, problems }: ApiModel): Html {
  return html`<section class="panel" aria-labelledby="api">
      <header>
        <h1 id="api">API</h1>
        <a class="note" href="${url("/api/v1/openapi.json")}">The same for programs: openapi.json</a>
      </header>
      <div class="prose">${introduction.map((paragraph) => html`<p>${prose(paragraph)}</p>`)}</div>
      <h2 class="sub">What goes wrong is a problem document (RFC 9457)</h2>
      ${problemList(problems)}
    </section>
    ${groups.map(
      ({ title, words, endpoints }) =>
        html`<section class="panel" aria-labelledby="group-${title}">
          <header>
            <h2 id="group-${title}">${title}</h2>
            <span class="note">${words}</span>
          </header>
          ${endpoints.map(endpointDetails)}
        </section>`,
    )}
    <p class="note"><a href="${url("/api/schemas")}">What the answers are made of</a></p>`;
}

/** Two thirds of the whole: a page of its own. */
export function schemasBody({ schemas }: ApiModel): Html {
  return html`<section class="panel" aria-labelledby="schemas">
    <header>
      <h1 id="schemas">What the answers are made of</h1>
      <a class="note" href="${url("/api")}">The API</a>
    </header>
    ${schemas.map(schemaDetails)}
  </section>`;
}

function endpointDetails(endpoint: EndpointView): Html {
  const { id, method, path, summary, description, parameters, body, answers, problems, curl } = endpoint;
  return html`<details class="endpoint">
    <summary>
      <span class="method">${method}</span> <code>${path}</code> <span class="what">${prose(summary)}</span>
    </summary>
    <div class="inside" id="${id}">
      ${description !== "" && html`<p>${prose(description)}</p>`}
      <div class="command"><code>${curl}</code> ${copyButton(curl)}</div>
      ${parameters.length > 0 && fieldsTable("Parameters", parameters)}
      ${body.length > 0 && fieldsTable("Body", body)}
      <h3 class="sub">Answers</h3>
      ${answers.map(
        ({ status, words, types, schema, fields }) =>
          html`<p>
              <span class="status-code">${status}</span> ${words}: <code>${typeWords(schema)}</code>
              <span class="note">${types.join(" or ")}</span>
            </p>
            ${fields.length > 0 && fieldsTable("Its fields", fields)}`,
      )}
      ${problemList(problems)}
    </div>
  </details>`;
}

function schemaDetails({ name, words, type, fields }: ApiModel["schemas"][number]): Html {
  return html`<details class="endpoint">
    <summary><code>${name}</code> <span class="what">${prose(words)}</span></summary>
    <div class="inside" id="schema-${name}">
      ${fields.length > 0 ? fieldsTable(`Fields of ${name}`, fields) : html`<p><code>${typeWords(type)}</code></p>`}
    </div>
  </details>`;
}

function fieldsTable(title: string, fields: readonly FieldRow[]): Html {
  return html`<h3 class="sub">${title}</h3>
    <div class="scroll">
      <table class="fields">
        <tbody>
          ${fields.map(fieldRow)}
        </tbody>
      </table>
    </div>`;
}

/** The page has hundreds of them: not a byte that the style sheet can do without. */
function fieldRow({ name, type, isOptional, words }: FieldRow): Html {
  const optional = isOptional && html` <span class="note">optional</span>`;
  const cells = [html`<td><code>${typeWords(type)}</code>${optional}</td>`, html`<td>${prose(words)}</td>`];
  return html`<tr>
    <th scope="row"><code>${name}</code></th>
    ${cells}
  </tr>`;
}

function problemList(
  problems: readonly { readonly status: string; readonly words: string }[],
): Html | undefined {
  if (problems.length === 0) return undefined;
  return html`<ul class="problems">
    ${problems.map(({ status, words }) => html`<li><span class="status-code">${status}</span> ${prose(words)}</li>`)}
  </ul>`;
}

function typeWords(words: TypeWords): Html {
  return html`${words.map((word) =>
    typeof word === "string" ? word : html`<a href="/api/schemas#schema-${word.schema}">${word.schema}</a>`,
  )}`;
}

/** What stands between backticks is code. */
function prose(text: string): Html {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
