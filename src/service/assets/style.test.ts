import { describe, expect, it } from "vitest";
import { readAsset } from "#service/assets/files.ts";

const style = readAsset("style.css");

/** The tokens of both themes; dark ones stand in place of light ones. */
function tokens(): { readonly light: Map<string, string>; readonly dark: Map<string, string> } {
  const roots = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body = ""]) => colours(body));
  const [light = new Map<string, string>(), dark = new Map<string, string>()] = roots;
  return { light, dark: new Map([...light, ...dark]) };
}

function colours(body: string): Map<string, string> {
  return new Map(
    [...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

/** WCAG 2.2, definitions of relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const TEXTS = ["ink", "soft", "accent", "good", "warn", "bad"];
const GROUNDS = ["paper", "panel", "faint"];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  const own = tokens()[theme];
  const colour = (name: string) => own.get(name) ?? "";

  it("has both themes' tokens", () => {
    expect([...own.keys()].toSorted()).toEqual(
      [...TEXTS, ...GROUNDS, "edge", "line", "on-accent"].toSorted(),
    );
  });

  it.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)))(
    "has %s on %s at 4.5:1 (WCAG 1.4.3)",
    (text, ground) => {
      expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("has the words of the main button at 4.5:1", () => {
    expect(contrast(colour("on-accent"), colour("accent"))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["paper", "panel"])("has the edges of what can be pressed on %s at 3:1 (WCAG 1.4.11)", (ground) => {
    expect(contrast(colour("edge"), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});

describe("the style sheet", () => {
  it("asks nobody for anything", () => {
    expect(style).not.toMatch(/@import|@font-face|url\(/);
  });

  it("moves things for those alone who do not mind", () => {
    const free = style.replaceAll(
      /@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]*\{[^}]*\})*\s*\}/g,
      "",
    );
    expect(free).not.toMatch(/transition|animation/);
  });
});
