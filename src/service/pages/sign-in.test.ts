import { describe, expect, it } from "vitest";
import { seconds } from "#core/units.ts";
import { errorPage } from "#service/pages/error.ts";
import { signInPage } from "#service/pages/sign-in.ts";

const VIEW = { csrf: "a-token", isSecure: true, next: "/history?record=a&b" };

describe("the page to sign in", () => {
  it("is a form that a password manager knows, and goes on where one wanted to", () => {
    const page = signInPage(VIEW);
    expect(page).toContain('action="/sign-in"');
    expect(page).toContain('autocomplete="current-password"');
    expect(page).toContain('name="csrf" value="a-token"');
    expect(page).toContain('name="next" value="/history?record=a&amp;b"');
  });

  it("shows nothing of what is inside", () => {
    const page = signInPage(VIEW);
    expect(page).not.toContain("<nav");
    expect(page).not.toContain("Sign out");
  });

  it("says what went wrong, and when the next attempt counts", () => {
    const page = signInPage({ ...VIEW, error: "Too many <attempts>", retryAfter: seconds(8) });
    expect(page).toContain('role="alert"');
    expect(page).toContain("Too many &lt;attempts&gt;. The next one counts in 8\u00A0s.");
    expect(page).toContain('aria-invalid="true"');
  });

  it("warns of a connection that others can read", () => {
    expect(signInPage({ ...VIEW, isSecure: false })).toContain("This connection is not encrypted");
    expect(signInPage(VIEW)).not.toContain("not encrypted");
  });
});

describe("the page for a problem", () => {
  it("says what it is as text", () => {
    const page = errorPage({ status: 404, type: "not-found", title: "<b>Nothing</b> here", detail: "a & b" });
    expect(page).toContain("&lt;b&gt;Nothing&lt;/b&gt; here");
    expect(page).toContain("a &amp; b");
    expect(page).toContain("404");
  });
});
