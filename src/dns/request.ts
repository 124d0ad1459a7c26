import { WireError } from "#core/errors.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";
import { decodeMessage, encodeMessage, type Message } from "#wire/dns/message.ts";
import { sameQuestion } from "#wire/dns/question.ts";
import { OPCODE } from "#wire/dns/types.ts";

/** What a server said, after it was made sure that it said it to this request. */
export interface Reply {
  readonly message: Message;
  /** The server did not accept our signature: `error` is BADSIG, BADKEY, BADTIME or BADTRUNC. */
  readonly signatureRefused?: SignatureRefusal | undefined;
}

export interface SignatureRefusal {
  readonly error: number;
  /** Seconds since 1970, with BADTIME. */
  readonly serverTime?: number | undefined;
}

/** Whether bytes that arrived are the answer. */
export type Acceptance = { readonly kind: "reply"; readonly reply: Reply } | Foreign;

export interface Foreign {
  readonly kind: "foreign";
  readonly code: ForeignCode;
  /** Continues "what arrived is ...". */
  readonly why: string;
  /** What an unsigned answer says, for what it is worth. */
  readonly rcode?: number | undefined;
}

export type ForeignCode = "forged-answer" | "unsigned-answer" | "wrong-answer";

/** A message ready to be sent, and how its answer is recognised. */
export interface Request {
  readonly bytes: Uint8Array;
  accept(bytes: Uint8Array): Acceptance;
}

/** A request without a signature: its answer is known by id, question and the peer alone. */
export function plainRequest(message: Message): Request {
  return {
    bytes: encodeMessage(message),
    accept: (bytes) => acceptAnswer(message, bytes, () => ({})),
  };
}

/**
 * The checks that every answer has to pass, and then the caller's own.
 *
 * @param inspect what else the reply carries, or why it is foreign
 */
export function acceptAnswer(
  request: Message,
  bytes: Uint8Array,
  inspect: (answer: Message) => Foreign | Omit<Reply, "message">,
): Acceptance {
  try {
    const message = decodeMessage(bytes);
    const why = describeMismatch(request, message);
    if (why) return { kind: "foreign", code: "wrong-answer", why };
    const inspected = inspect(message);
    return "kind" in inspected ? inspected : { kind: "reply", reply: { message, ...inspected } };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: "foreign", code: "wrong-answer", why: `no DNS message (${error.message})` };
  }
}

function describeMismatch(request: Message, answer: Message): string | undefined {
  if (!answer.header.qr) return "a question";
  if (answer.header.id !== request.header.id) return "the answer to another id";
  if (answer.header.opcode !== request.header.opcode) return "the answer to another kind of request";
  const [asked] = request.questions;
  const [echoed, ...more] = answer.questions;
  if (asked && echoed && more.length === 0 && sameQuestion(asked, echoed)) return undefined;
  // RFC 2136 section 3.8 lets a server leave the zone out, and some leave the question out of an error
  const mayLack = request.header.opcode === OPCODE.UPDATE || answer.header.rcode !== RCODE.NOERROR;
  if (!echoed && mayLack) return undefined;
  return `the answer to another question (${formatRcode(answer.header.rcode)})`;
}
