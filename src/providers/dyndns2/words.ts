import type { RefusalCause } from "#providers/_shared/answer-error.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

/** The codes of the protocol; `toosoon` is what services of their own words mean by "not so often". */
export type Word =
  | "!active"
  | "!donator"
  | "!yours"
  | "911"
  | "abuse"
  | "badagent"
  | "badauth"
  | "badsys"
  | "dnserr"
  | "good"
  | "nochg"
  | "nohost"
  | "notfqdn"
  | "numhost"
  | "toosoon";

/** What follows from a word. */
export type Consequence =
  | { readonly kind: "done"; readonly changed: boolean }
  /** `stops`: the whole account, until the configuration or the secret changes; going on gets it banned. */
  | {
      readonly kind: "refused";
      readonly cause: RefusalCause;
      readonly meaning: string;
      readonly hint?: string;
      readonly stops: boolean;
    }
  | { readonly kind: "later"; readonly meaning: string; readonly after: Milliseconds };

const HALF_AN_HOUR = milliseconds(1_800_000);

/** https://help.dyn.com/remote-access-api/return-codes/, https://www.noip.com/integrate/response, read 2026-11-22 */
const CONSEQUENCES: Readonly<Record<Word, Consequence>> = {
  good: { kind: "done", changed: true },
  nochg: { kind: "done", changed: false },
  badauth: {
    kind: "refused",
    cause: "authentication",
    meaning: "user name or password are wrong",
    stops: true,
  },
  abuse: {
    kind: "refused",
    cause: "not-allowed",
    meaning: "the account or host is blocked for abuse",
    hint: "have it unblocked at the service, then restart",
    stops: true,
  },
  badagent: {
    kind: "refused",
    cause: "not-allowed",
    meaning: "the service blocks this client",
    hint: "report it to the esddns project",
    stops: true,
  },
  badsys: {
    kind: "refused",
    cause: "invalid",
    meaning: "the service does not know the system parameter",
    stops: false,
  },
  "!donator": {
    kind: "refused",
    cause: "not-allowed",
    meaning: "the account has not paid for this feature",
    stops: false,
  },
  "!active": {
    kind: "refused",
    cause: "not-allowed",
    meaning: "dynamic updates are not switched on for this host",
    stops: false,
  },
  "!yours": {
    kind: "refused",
    cause: "not-allowed",
    meaning: "the host belongs to another account",
    stops: false,
  },
  nohost: {
    kind: "refused",
    cause: "not-found",
    meaning: "there is no such host in the account",
    hint: "create the host at the service first",
    stops: false,
  },
  notfqdn: {
    kind: "refused",
    cause: "invalid",
    meaning: "the service cannot use the host name",
    stops: false,
  },
  numhost: { kind: "refused", cause: "invalid", meaning: "too many hosts in one update", stops: false },
  // "Retry the update no sooner [than] 30 minutes" (No-IP)
  "911": { kind: "later", meaning: "the service is out of order", after: HALF_AN_HOUR },
  dnserr: { kind: "later", meaning: "the service's DNS is out of order", after: HALF_AN_HOUR },
  toosoon: { kind: "later", meaning: "updates come too often", after: milliseconds(600_000) },
};

/** One line of an answer. */
export interface Line {
  readonly consequence: Consequence;
  /** What stands after the word: the addresses, mostly. */
  readonly rest: string;
}

/**
 * A line is a word of the protocol, alone or before a space; or exactly one of the service's own. A word
 * inside of other text is none: `good` also stands in error pages.
 */
export function parseLine(line: string, own: Readonly<Record<string, Word>> = {}): Line | undefined {
  const text = line.trim().toLowerCase();
  // The text is the service's: `constructor` must not be found in what every object has
  const ownWord = (key: string) => (Object.hasOwn(own, key) ? own[key] : undefined);
  const whole = ownWord(text);
  if (whole) return { consequence: CONSEQUENCES[whole], rest: "" };
  const [head = "", ...rest] = text.split(/\s+/);
  const word = isWord(head) ? head : ownWord(head);
  return word && { consequence: CONSEQUENCES[word], rest: rest.join(" ") };
}

function isWord(text: string): text is Word {
  return Object.hasOwn(CONSEQUENCES, text);
}
