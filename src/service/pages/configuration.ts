import { describeError } from "#core/errors.ts";
import type { ConfigurationNote, ConfigurationReport, ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";
import { copyButton } from "#service/pages/components/copy.ts";
import { mark } from "#service/pages/components/mark.ts";
import {
  configurationModel,
  type ConfigurationModel,
  type ValueGroup,
  type ValueRow,
} from "#service/pages/configuration-model.ts";
import { attributes, html, type Html } from "#service/pages/html.ts";
import { pageAnswer } from "#service/pages/layout.ts";

export function configurationRoutes(context: ServiceContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/configuration",
      access: "read",
      handle: async (request) => {
        const body = await reportBody(() => context.operations.configuration());
        return pageAnswer(context, request, { title: "Configuration", current: "/configuration", body });
      },
    },
  ];
}

/** The file may be gone by now: that is no reason to show nothing. */
async function reportBody(read: () => Promise<ConfigurationReport>): Promise<Html> {
  try {
    return configurationBody(configurationModel(await read()));
  } catch (error) {
    return html`<section class="panel" aria-labelledby="configuration">
      <header><h1 id="configuration">Configuration</h1></header>
      <p class="notice bad">${describeError(error)}</p>
      <p class="note">The daemon goes on with what it has read before.</p>
    </section>`;
  }
}

export function configurationBody(model: ConfigurationModel): Html {
  const { file, summary, groups } = model;
  return html`<section class="panel" aria-labelledby="configuration">
      <header>
        <h1 id="configuration">Configuration</h1>
        <span class="note">${summary}</span>
      </header>
      <p class="file-name"><code>${file}</code> ${copyButton(file)}</p>
      ${notesOf(model)}
      <p class="note">
        These values are in force; nothing here can be changed from this page. After a change of the file,
        tell the daemon to read it again: <code>systemctl reload esddns</code>, or the signal
        <code>SIGHUP</code>. With a problem in it, what is in force stays so.
      </p>
    </section>
    <section class="panel" aria-labelledby="values">
      <header><h2 id="values">Values in force</h2></header>
      ${groups.length === 0 ? html`<p class="empty">There are none.</p>` : valuesTable(groups)}
    </section>`;
}

function notesOf({ problems, warnings }: ConfigurationModel): Html {
  if (problems.length + warnings.length === 0)
    return html`<p class="file-state">${mark("ok")}The file on the disk has no problems.</p>`;
  return html`${noteList(problems, "bad", "The file on the disk cannot be used as it is")}
  ${noteList(warnings, "warn", problems.length > 0 ? "It could be better, too" : "The file on the disk can be used")}`;
}

function noteList(
  notes: readonly ConfigurationNote[],
  tone: "bad" | "warn",
  title: string,
): Html | undefined {
  if (notes.length === 0) return undefined;
  return html`<div class="notice ${tone}">
    <p><strong>${title}</strong></p>
    <ul class="findings">
      ${notes.map(
        ({ line, words, severity }) =>
          html`<li>
            ${mark(severity === "problem" ? "failed" : "warning")}
            <span><span class="hidden">${severity}: </span>${words}</span>
            <span class="note line">${line === undefined ? "" : `line ${line}`}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

function valuesTable(groups: readonly ValueGroup[]): Html {
  return html`<div class="scroll">
    <table class="cards values">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      ${groups.map(
        ({ title, rows }) =>
          html`<tbody>
            ${
              !isAlone({ title, rows }) &&
              html`<tr class="group">
                <th colspan="3" scope="rowgroup">${title}</th>
              </tr>`
            }
            ${rows.map(valueRow)}
          </tbody>`,
      )}
    </table>
  </div>`;
}

function valueRow({ key, path, value, isSet, origin, isDefault }: ValueRow): Html {
  return html`<tr>
    <th scope="row" ${attributes({ title: path })}><code>${key}</code></th>
    <td data-label="value">
      ${isSet ? html`<code>${value}</code>` : html`<span class="note">not set</span>`}
    </td>
    <td data-label="from" ${attributes({ class: isDefault && "note" })}>${origin}</td>
  </tr>`;
}

/** A value at the top of the file: its name says all. */
function isAlone({ title, rows }: ValueGroup): boolean {
  return rows.length === 1 && rows[0]?.key === title;
}
