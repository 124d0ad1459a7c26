import type { Answer, Caller, ServiceRequest } from "#service/http/route.ts";
import { attributes, html, type Html, type url } from "#service/pages/html.ts";

export interface Action {
  readonly to: ReturnType<typeof url>;
  readonly caller: Caller;
  /** Beside the buttons: further fields. */
  readonly body: Html;
  /** Of the element that says what came of it; absent: the page's own line for that. */
  readonly result?: string | undefined;
  readonly className?: string | undefined;
  /** With scripts, a choice is sent as soon as it is made. */
  readonly isAuto?: boolean | undefined;
}

/**
 * A form that does something. With scripts it is sent from behind the page, and the answer is told in place; without, it
 * leads where the answer redirects to.
 */
export function action({ to, caller, body, result, className, isAuto }: Action): Html | undefined {
  if (!caller.mayOperate) return undefined;
  return html`<form
    method="post"
    action="${to}"
    data-enhance
    ${attributes({ "data-result": result, "data-auto": isAuto, class: className })}
  >
    ${csrfField(caller)}${body}
  </form>`;
}

/** Proves that a form is from a page of ours; every form that posts has it. */
export function csrfField({ csrf }: Pick<Caller, "csrf">): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}" />`;
}

/** In place of a form that the page is about, for who may only look. */
export function notAllowed(label: string): Html {
  return html`<p class="row">
    <button type="button" class="primary" disabled>${label}</button>
    <span class="note">This takes the right to operate; you may look.</span>
  </p>`;
}

/**
 * What a form's handler answers with: back to a page, or a sentence for the script that sent it.
 *
 * @param message what was done, without a final period
 */
export function done({ headers }: Pick<ServiceRequest, "headers">, to: string, message: string): Answer {
  const isScript = headers.accept?.includes("application/json") === true;
  return isScript ? { kind: "json", value: { message } } : { kind: "redirect", to };
}

/** Where a form without a place of its own has its answer told. */
export function resultLine(id: string): Html {
  return html`<p class="notice result" id="${id}" role="status" data-keep></p>`;
}
