import { type Address, parseAddress } from "#core/address.ts";
import type { Outcome } from "#core/outcome.ts";
import type { HttpResponse } from "#core/ports.ts";
import { AnswerError, UnconfirmedWrite } from "#providers/_shared/answer-error.ts";
import { type RefusalContext, refusalOf } from "#providers/_shared/refusal.ts";
import { cleanWords } from "#providers/_shared/words.ts";
import type { Call } from "#providers/dyndns2/calls.ts";
import { type Line, parseLine, type Word } from "#providers/dyndns2/words.ts";

/** What the answer means for one host of the call. */
export type HostResult =
  | { readonly kind: "done"; readonly changed: boolean; readonly words: string }
  | { readonly kind: "failed"; readonly error: AnswerError | UnconfirmedWrite; readonly stops: boolean }
  /** It was not asked: the account has been refused before. */
  | { readonly kind: "settled"; readonly outcome: Outcome };

/**
 * One result for each host. HTTP 200 says nothing in this protocol, and some services send its words with
 * other statuses, so the words decide; the status does where there are none.
 */
export function readAnswer(
  response: HttpResponse,
  call: Call,
  own: Readonly<Record<string, Word>> | undefined,
  context: RefusalContext,
): readonly HostResult[] {
  const texts = linesOf(response.body);
  const lines = texts.map((text) => parseLine(text, own));
  const isUnderstood = lines.length > 0 && lines.every((line) => line !== undefined);
  if (!isUnderstood) return call.hosts.map(() => failedBy(response, context));
  return call.hosts.map((host, index) => {
    const own = linesOfHost(lines, call, index);
    const words = cleanWords(own.map((line) => texts[lines.indexOf(line)] ?? "").join("; "), context.secrets);
    const results = own.map((line) => resultOf(line, host, call, words, context));
    return worstOf(results) ?? unclear(`there is no line for "${host}"`, words, context);
  });
}

/** A line for each host; one for all when it concerns the account; for a single host, one for each family. */
function linesOfHost(lines: readonly Line[], call: Call, index: number): readonly Line[] {
  const [first] = lines;
  const isForAll = lines.length === 1 && first?.consequence.kind !== "done";
  if (isForAll || call.hosts.length === 1) return lines;
  const line = lines.length === call.hosts.length ? lines[index] : index === 0 ? first : undefined;
  return line ? [line] : [];
}

function resultOf(
  { consequence, rest }: Line,
  host: string,
  call: Call,
  words: string,
  context: RefusalContext,
): HostResult {
  switch (consequence.kind) {
    case "done":
      return doneOf(consequence.changed, rest, call, words, context);
    case "refused": {
      const { cause, meaning, hint, stops } = consequence;
      const message = `Cannot ${context.action}: ${context.title} answers "${words}" for "${host}": ${meaning}`;
      return failed(
        new AnswerError(message, { code: cause, words, hint, retry: "never", status: words }),
        stops,
      );
    }
    case "later": {
      const { meaning, after } = consequence;
      const message = `Cannot ${context.action}: ${context.title} answers "${words}" for "${host}": ${meaning}`;
      const detail = { code: "server-error", words, retry: { after }, status: words } as const;
      return failed(new AnswerError(message, detail), false);
    }
  }
}

/**
 * A success that names another address than the one sent is none. A service may name the address of the other
 * family as well, which was not sent; naming nothing else says that ours was not taken.
 */
function doneOf(
  changed: boolean,
  rest: string,
  call: Call,
  words: string,
  context: RefusalContext,
): HostResult {
  const sent = [call.ipv4, call.ipv6].flatMap((address) => (address ? [address] : []));
  const isSent = (address: Address) => sent.some(({ text }) => text === address.text);
  const echoed = rest.split(/[\s,]+/).flatMap((text) => {
    const address = parseAddress(text);
    return address ? [address] : [];
  });
  const others = echoed.filter((address) => !isSent(address));
  const rival = others.find(({ family }) => sent.some((address) => address.family === family));
  const other = rival ?? (echoed.some(isSent) ? undefined : others[0]);
  if (!other) return { kind: "done", changed, words };
  if (other.text !== "127.0.0.1") return unclear(`it names ${other.text}`, words, context);
  // Dyn answers so when it ignores a client for its User-Agent
  const message = `Cannot ${context.action}: ${context.title} answers "${words}": it ignores this client`;
  return failed(
    new AnswerError(message, { code: "not-allowed", words, retry: "never", status: words }),
    true,
  );
}

function failedBy(response: HttpResponse, context: RefusalContext): HostResult {
  const { status } = response;
  if (status < 200 || status > 299) {
    const error = refusalOf(response, {}, context);
    return failed(status === 504 ? new UnconfirmedWrite(error) : error, status === 401);
  }
  return unclear("it is no answer of the dyndns2 protocol", "", context);
}

function unclear(is: string, words: string, context: RefusalContext): HostResult {
  const message = `Cannot ${context.action}: the answer cannot be understood, ${is}`;
  return failed(new UnconfirmedWrite(new AnswerError(message, { code: "unreadable", words })), false);
}

function failed(error: AnswerError | UnconfirmedWrite, stops: boolean): HostResult {
  return { kind: "failed", error, stops };
}

function worstOf(results: readonly HostResult[]): HostResult | undefined {
  return (
    results.find(({ kind }) => kind === "failed") ?? results.find((result) => isChange(result)) ?? results[0]
  );
}

function isChange(result: HostResult): boolean {
  return result.kind === "done" && result.changed;
}

function linesOf(body: Uint8Array): readonly string[] {
  return new TextDecoder()
    .decode(body)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
