import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributes, html, url } from "#service/pages/html.ts";

/**
 * Reads markup apart from the code under test, after the HTML standard's tokenizer (section 13.2.5) as far as
 * templates go: tags, double-quoted attributes, and the references that escaping makes.
 */
function parse(markup: string) {
  const tags: { name: string; attributes: Record<string, string> }[] = [];
  let text = "";
  let rest = markup;
  while (rest !== "") {
    const tag = /^<(\/?[a-zA-Z][^\s/>]*)((?:[^">]|"[^"]*")*)>/.exec(rest);
    if (tag) {
      const pairs = [...(tag[2] ?? "").matchAll(/([^\s"'<>/=]+)(?:="([^"]*)")?/g)];
      const own = Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, decode(value)]));
      tags.push({ name: tag[1] ?? "", attributes: own });
      rest = rest.slice(tag[0].length);
    } else {
      text += rest[0];
      rest = rest.slice(1);
    }
  }
  return { tags, text: decode(text) };
}

function decode(text: string): string {
  const signs: Record<string, string> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return text.replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => signs[name] ?? "");
}

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("<", ">", '"', "'", "&", "=", "/", " ", "a", "script", "--", "]]>", "\n"),
  }),
);

describe("the html tag", () => {
  it("gives every text back as it was, and makes no element of it", () => {
    fc.assert(
      fc.property(anything, anything, (title, text) => {
        const { tags, text: found } = parse(html`<p title="${title}">${text}</p>`.markup);
        expect(tags).toEqual([
          { name: "p", attributes: { title } },
          { name: "/p", attributes: {} },
        ]);
        expect(found).toBe(text);
      }),
    );
  });

  it("gives attributes back that may be there or not", () => {
    fc.assert(
      fc.property(anything, fc.boolean(), (value, isThere) => {
        const own = attributes({ "data-value": value, hidden: isThere, lang: undefined });
        const { tags } = parse(html`<br ${own} />`.markup);
        expect(tags[0]?.attributes).toEqual({ "data-value": value, ...(isThere && { hidden: "" }) });
      }),
    );
  });

  it("does not escape twice what is markup", () => {
    const inner = html`<b>${"<&>"}</b>`;
    expect(html`<p>${inner}</p>`.markup).toBe("<p><b>&lt;&amp;&gt;</b></p>");
  });

  it("joins lists, and makes nothing of what is not there", () => {
    const items = ["a", "<", false, undefined, 7, [html`<i>x</i>`]] as const;
    expect(html`<p>${items}</p>`.markup).toBe("<p>a&lt;7<i>x</i></p>");
  });

  it("makes one space of the white space of a template, and keeps that of values", () => {
    expect(html`<p title="a    b">x ${"c   d"} y</p>`.markup).toBe('<p title="a b">x c   d y</p>');
  });

  it("keeps what is preformatted", () => {
    expect(html`<pre>a   ${"b"}</pre>`.markup).toBe("<pre>a   b</pre>");
  });

  it.each([
    [
      "a script",
      () =>
        html`<script>
          ${"1"};
        </script>`,
    ],
    [
      "a style",
      () =>
        html`<style>
          ${"1"}
        </style>`,
    ],
    ["a comment", () => html`<p><!-- ${"1"} --></p>`],
    ["an event handler", () => html`<p onclick="${"1"}"></p>`],
    ["a style attribute", () => html`<p style="${"1"}"></p>`],
    ["the name of a tag", () => html`<p${"1"}></p>`],
    ["between attributes", () => html`<p ${"x=1"}></p>`],
    ["a URL", () => html`<a href="${"/plan"}"></a>`],
    ["a URL behind its first slash", () => html`<a href="/${"/elsewhere.example"}"></a>`],
    ["a URL behind its scheme", () => html`<a href="https://${"elsewhere.example"}"></a>`],
  ])("refuses a text in %s", (_, make) => {
    expect(make).toThrow(TypeError);
  });

  it("refuses markup in an attribute", () => {
    expect(() => html`<p title="${html`<b>x</b>`}"></p>`).toThrow(TypeError);
  });

  it("lets a text go on behind a path", () => {
    expect(html`<a href="/history?record=${"a&b"}">x</a>`.markup).toBe(
      '<a href="/history?record=a&amp;b">x</a>',
    );
  });

  it.each(["onclick", "style", "href", "src", "a b", "A", 'x"'])(
    "makes no attribute %s of a value",
    (name) => {
      expect(() => attributes({ [name]: "1" })).toThrow(TypeError);
    },
  );
});

describe("a URL", () => {
  it.each(["/", "/history?a=b#c", "#main", "?find=x", "https://www.rfc-editor.org/rfc/rfc8489"])(
    "may be %s",
    (target) => {
      expect(html`<a href="${url(target)}"></a>`.markup).toBe(`<a href="${target}"></a>`);
    },
  );

  it.each([
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "/\t/elsewhere.example",
    "https:///x",
    "history",
    "",
  ])("may not be %j", (target) => {
    expect(() => url(target)).toThrow(TypeError);
  });

  it("leads to no other scheme or host, whatever it is made of", () => {
    const base = "http://127.0.0.1:51339";
    const signs = fc.string({
      unit: fc.constantFrom("/", "\\", ":", "a", "javascript", "http", "\t", "\n", "#", "?"),
    });
    fc.assert(
      fc.property(fc.oneof(signs, fc.string()), (target) => {
        let made;
        try {
          made = url(target).text;
        } catch {
          return;
        }
        const { protocol, origin } = new URL(made, base);
        expect(["http:", "https:"]).toContain(protocol);
        if (!/^https?:/i.test(made)) expect(origin).toBe(base);
      }),
    );
  });
});
