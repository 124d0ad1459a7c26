/** Markup that is safe as it is: made by `html` alone. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

/** Attributes that may be there or not. */
export class Attributes {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** A place to go to that runs nothing. */
export class SafeUrl {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  // Most texts need nothing, and looking is cheaper than replacing
  return /[&<>"']/.test(text) ? text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? "") : text;
}

/**
 * `true` is an attribute without a value; `undefined` and `false` are no attribute.
 *
 * @throws {TypeError} for names that could run something or take a URL
 */
export function attributes(
  values: Readonly<Record<string, boolean | number | string | undefined>>,
): Attributes {
  const all = Object.entries(values).map(([name, value]) => {
    if (!/^[a-z][a-z-]*$/.test(name) || /^(?:on|style$|srcdoc$)/.test(name) || URL_ATTRIBUTE.test(name)) {
      throw new TypeError(`Cannot make an attribute "${name}"`);
    }
    if (value === undefined || value === false) return "";
    return value === true ? name : `${name}="${escapeHtml(String(value))}"`;
  });
  return new Attributes(all.filter((each) => each !== "").join(" "));
}

/** Those whose value a browser goes to. */
export const URL_ATTRIBUTE = /^(?:href|src|action|formaction|poster|data|ping|srcset|xlink:href)$/;

/**
 * A path of this service, or an address of the web.
 *
 * @throws {TypeError} for everything else, such as `javascript:` and `//elsewhere.example`
 */
export function url(target: string): SafeUrl {
  // Browsers drop tabs and line breaks, and read a backslash as a slash
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(target)) throw new TypeError(`Cannot link to "${target}"`);
  const isLocal = /^(?:\/(?!\/)|#|\?)/.test(target);
  if (!isLocal && !/^https?:\/\/[^/]/i.test(target)) throw new TypeError(`Cannot link to "${target}"`);
  return new SafeUrl(target);
}
