import type { SignInView } from "#service/auth/sign-in.ts";
import { csrfField } from "#service/pages/components/action.ts";
import { attributes, html } from "#service/pages/html.ts";
import { layout } from "#service/pages/layout.ts";
import { url } from "#service/pages/markup.ts";

export function signInPage({ csrf, error, retryAfter, isSecure, next }: SignInView): string {
  const body = html`<section class="panel door" aria-labelledby="door-title">
    <h1 id="door-title">Sign in</h1>
    ${
      error !== undefined &&
      html`<p class="notice bad" role="alert" id="door-error">
        ${error}.${retryAfter !== undefined && ` The next one counts in ${retryAfter}\u00A0s.`}
      </p>`
    }
    <form method="post" action="${url("/sign-in")}" class="stack">
      ${csrfField({ csrf })}
      <input type="hidden" name="next" value="${next}" />
      <input type="text" name="username" value="esddns" autocomplete="username" hidden />
      <label class="field"
        >Password<input
          type="password"
          name="password"
          autocomplete="current-password"
          required
          autofocus
          ${attributes({ "aria-describedby": error !== undefined && "door-error", "aria-invalid": error !== undefined && "true" })}
      /></label>
      <button class="primary">Sign in</button>
    </form>
    ${
      !isSecure &&
      html`<p class="notice warn">
        This connection is not encrypted: whoever is on the way can read the password.
      </p>`
    }
    <p class="note">Whoever runs the daemon can make a new one: <code>esddns password</code></p>
  </section>`;
  return layout({ title: "Sign in", body }).markup;
}
