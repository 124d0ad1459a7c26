import { ConfigError } from "#core/errors.ts";

declare const domainName: unique symbol;

/**
 * A fully qualified domain name in its one form in memory: lower case, punycode, no trailing dot.
 * May start with the wildcard label `*`. Other forms (relative, `@`, trailing dot) exist only in a
 * provider's `convert.ts`.
 */
export type DomainName = string & { readonly [domainName]: true };

/** RFC 1035 section 2.3.4, in bytes. */
const MAX_LABEL = 63;
/** 255 bytes on the wire are 253 characters of text: a length byte for the first label and the root's. */
const MAX_NAME = 253;

/**
 * @param text one name; upper case, IDN and one trailing dot are accepted
 * @throws {ConfigError} when the text is no name of at least two labels
 */
export function parseDomainName(text: string): DomainName {
  const name = toAscii(text.trim().replace(/\.$/, ""));
  const fail = (is: string, hint?: string): never => {
    const message = `Cannot use the name "${text}": ${is}`;
    throw new ConfigError(message, [{ path: "", message, hint }], { code: "invalid-name", hint });
  };
  if (name === undefined) return fail("it is not a valid international domain name");
  if (name === "") return fail("it is empty, expected a name such as home.example.org");
  if (name.length > MAX_NAME) return fail(`it has ${name.length} characters, expected at most ${MAX_NAME}`);
  const labels = name.split(".");
  if (labels.length < 2) return fail("it is a single label", "write the full name, e.g. home.example.org");
  for (const [index, label] of labels.entries()) {
    if (label === "") return fail("it has an empty label");
    if (label.length > MAX_LABEL)
      return fail(`the label "${label}" has ${label.length} characters, expected at most ${MAX_LABEL}`);
    if (label === "*" && index === 0) continue;
    if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label)) {
      return fail(`the label "${label}" is not made of letters, digits, "_" and inner "-"`);
    }
  }
  // No top-level domain is a number (RFC 3696 section 2); URLs read such a name as an IPv4 address
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    return fail("its last label is a number as in an address, expected a name");
  }
  return domainNameOf(labels);
}

export function isWildcard(name: DomainName): boolean {
  return name.startsWith("*.");
}

/** Whether `name` is `zone` itself or lies below it. */
export function isWithin(name: DomainName, zone: DomainName): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * The labels of `name` left of `zone`, `""` at the apex.
 *
 * @throws {RangeError} when the name is not within the zone
 */
export function relativeName(name: DomainName, zone: DomainName): string {
  if (name === zone) return "";
  if (!isWithin(name, zone))
    throw new RangeError(`Cannot make "${name}" relative: it is not within "${zone}"`);
  return name.slice(0, -zone.length - 1);
}

/**
 * Every zone that could hold the name, longest first, the name itself included, single labels excluded:
 * `a.b.example.org` yields itself, `b.example.org`, `example.org`. A wildcard label is never a zone.
 */
export function zoneCandidates(name: DomainName): readonly DomainName[] {
  const labels = name.split(".").filter((label) => label !== "*");
  return labels.slice(0, -1).map((_, index) => domainNameOf(labels.slice(index)));
}

/** Labels that were checked already, as a name. */
function domainNameOf(labels: readonly string[]): DomainName {
  const name = labels.join(".");
  if (!isJoined(name)) throw new RangeError("Cannot make a name of no labels");
  return name;
}

function isJoined(name: string): name is DomainName {
  return name !== "";
}

/** IDN to punycode by UTS 46, the way browsers and registries do it; ASCII is only lower-cased. */
function toAscii(text: string): string | undefined {
  if (!/\P{ASCII}/u.test(text)) return text.toLowerCase();
  const wildcard = text.startsWith("*.") ? "*." : "";
  const rest = text.slice(wildcard.length);
  // What would end or change the host part of a URL
  if (/[\s/:?#@[\]\\%]/.test(rest) || !URL.canParse(`http://${rest}/`)) return undefined;
  const host = new URL(`http://${rest}/`).hostname;
  // UTS 46 makes a wildcard of a full-width asterisk, which nobody can have meant
  return host.includes("*") ? undefined : wildcard + host;
}
