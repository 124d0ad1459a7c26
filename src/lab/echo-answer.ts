import { gzipSync } from "node:zlib";
import { type Address, addressFromBytes, type Family, parseAddress } from "#core/address.ts";

/** `text`: the address and a line feed. `trace`: lines of `key=value`, as `/cdn-cgi/trace` answers. */
export type EchoFormat = "text" | "trace";

/** What goes out, and how it ends. */
export interface EchoAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | Uint8Array;
  /** `cut`: the connection is reset after the body; `stall`: nothing follows the body; `never`: nothing at all. */
  readonly ending: "complete" | "cut" | "never" | "stall";
  readonly isLate: boolean;
}

export interface EchoQuestion {
  /** The family that the caller connected over. */
  readonly family: Family;
  /** The `host` header. */
  readonly host: string;
  /** What an honest echo says. */
  readonly truth: Address;
  /** What `liar` says; absent: the address beside the truth. */
  readonly lie?: Address | undefined;
  readonly format: EchoFormat;
}

const PRIVATE = { 4: addressOf("192.168.1.23"), 6: addressOf("fd00::23") } as const;
/** Global addresses that belong to well-known services, never to a caller. */
const FOREIGN = { 4: addressOf("9.9.9.9"), 6: addressOf("2620:fe::9") } as const;

const TOO_MANY = '{"code":429,"message":"Too Many Requests"}\n';
const JSON_TYPE = { "content-type": "application/json" };
const HTML = { "content-type": "text/html; charset=utf-8" };

/** What services, captive portals and broken servers were seen to do. */
const ANSWERS = {
  honest,
  /** The same wrong address every time, in due form. */
  liar: (question) => complete(bodyOf(question, question.lie ?? neighbourOf(question.truth))),
  /** The honest answer, late. */
  slow: (question) => ({ ...honest(question), isLate: true }),
  /** The request arrives; nothing ever comes back. */
  silent: (question) => ({ ...honest(question), ending: "never" }),
  /** The connection is reset as soon as the request is there. */
  reset: () => ({ ...complete(""), ending: "cut" }),
  /** A page of a captive portal, which happens to show the right address. */
  html: ({ truth }) => complete(portalPage(truth), HTML),
  /** The same page, labelled as plain text. */
  "html-as-text": ({ truth }) => complete(portalPage(truth)),
  /** The right body, labelled as HTML. */
  "wrong-content-type": (question) => complete(bodyOf(question, question.truth), HTML),
  /** 302 to another path, where an honest answer waits. */
  redirect: () => ({ ...complete("", { location: "/elsewhere" }), status: 302 }),
  /** The right address and a megabyte of white space. */
  huge: (question) => complete(bodyOf(question, question.truth) + "\n".repeat(1_000_000)),
  /** Begins the answer and never ends it. */
  "stalled-body": ({ truth }) => ({ ...promising(64, truth.text.slice(0, 3)), ending: "stall" }),
  /** Promises more bytes than come before the end. */
  "half-body": ({ truth }) => ({ ...promising(64, truth.text), ending: "cut" }),
  "two-addresses": ({ truth }) => complete(`${truth.text}, ${neighbourOf(truth).text}\n`),
  /** A compressed body that nobody asked for. */
  gzip: (question) => complete(gzipSync(bodyOf(question, question.truth)), { "content-encoding": "gzip" }),
  "error-500": () => ({ ...complete("Internal Server Error\n"), status: 500 }),
  "error-429": () => ({ ...complete(TOO_MANY, { "retry-after": 60, ...JSON_TYPE }), status: 429 }),
  empty: () => complete(""),
  private: (question) => complete(bodyOf(question, PRIVATE[question.family])),
  "wrong-family": (question) => complete(bodyOf(question, FOREIGN[question.family === 4 ? 6 : 4])),
  /** A trace of another host; text answers stay honest. */
  "other-host": (question) => honest({ ...question, host: "other.example.net" }),
  /** A trace that came through a tunnel; text answers stay honest. */
  warp: (question) => complete(bodyOf(question, question.truth).replace("warp=off", "warp=on")),
} satisfies Record<string, (question: EchoQuestion) => EchoAnswer>;

/** How an echo treats its callers. */
export type EchoBehaviour = keyof typeof ANSWERS;

export const ECHO_BEHAVIOURS: readonly EchoBehaviour[] = Object.keys(ANSWERS).filter(isEchoBehaviour);

export function isEchoBehaviour(text: string): text is EchoBehaviour {
  return Object.hasOwn(ANSWERS, text);
}

export function echoAnswer(behaviour: EchoBehaviour, question: EchoQuestion): EchoAnswer {
  return ANSWERS[behaviour](question);
}

function honest(question: EchoQuestion): EchoAnswer {
  return complete(bodyOf(question, question.truth));
}

function complete(body: string | Uint8Array, headers: EchoAnswer["headers"] = {}): EchoAnswer {
  return {
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body,
    ending: "complete",
    isLate: false,
  };
}

/** An answer whose header says how long its body will be. */
function promising(length: number, body: string): EchoAnswer {
  return complete(body, { "content-length": length });
}

function bodyOf({ format, host }: EchoQuestion, address: Address): string {
  if (format === "text") return `${address.text}\n`;
  const lines = [
    "fl=464f103",
    `h=${host}`,
    `ip=${address.text}`,
    "ts=1767225600.123",
    "visit_scheme=https",
    "uag=lab",
    "colo=AMS",
    "sliver=none",
    "http=http/1.1",
    "loc=NL",
    "tls=TLSv1.3",
    "sni=plaintext",
    "warp=off",
    "gateway=off",
    "rbi=off",
    "kex=X25519",
  ];
  return `${lines.join("\n")}\n`;
}

function portalPage(address: Address): string {
  return [
    "<!DOCTYPE html>",
    "<html><head><title>Welcome to the hotel</title></head>",
    `<body><p>Please log in. Your address is ${address.text}</p></body></html>`,
    "",
  ].join("\n");
}

/** The address beside it: in the same network, publishable when the original is. */
function neighbourOf(address: Address): Address {
  return addressFromBytes(
    address.bytes.map((byte, index, all) => (index === all.length - 1 ? byte ^ 1 : byte)),
  );
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`Cannot read the address "${text}"`);
  return address;
}
