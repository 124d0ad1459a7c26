import { WireError } from "#core/errors.ts";
import type { Endpoint, Hashes } from "#core/ports.ts";
import { applyUpdate } from "#lab/dns-update.ts";
import type { DnsZone } from "#lab/dns-zone.ts";
import { findOpt, optRecord, PLAIN_UDP_SIZE } from "#wire/dns/edns.ts";
import { decodeMessage, encodeMessage, type Message } from "#wire/dns/message.ts";
import type { Question } from "#wire/dns/question.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { refuseSignature, type RequestVerdict, signMessage, verifyRequest } from "#wire/dns/tsig.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";
import { CLASS, OPCODE, TYPE } from "#wire/dns/types.ts";

/** What becomes of requests; all but `silent` hear them. */
export type DnsBehaviour =
  | "honest"
  /** No effect, no answer. */
  | "silent"
  /** The update is made, its answer lost. */
  | "drop-answer"
  /** The request is heard, and the answer is no DNS message. */
  | "garbage"
  /** The request is heard, and the answer breaks off in its middle. */
  | "half-answer"
  /** The signature of the answer is wrong. */
  | "forge-signature"
  /** The answer carries no signature. */
  | "unsigned"
  /** The server's clock is an hour ahead: BADTIME. */
  | "wrong-clock"
  | "refused"
  | "servfail"
  /** Over UDP every answer is truncated. */
  | "truncate";

export interface DnsResponderOptions {
  readonly zones: readonly DnsZone[];
  /** Absent or empty: updates need no signature. */
  readonly keys?: readonly TsigKey[] | undefined;
  /** Answers outside the zones, e.g. with the asker's address; `undefined`: as usual. */
  readonly special?:
    | ((question: Question, client: Endpoint) => readonly ResourceRecord[] | undefined)
    | undefined;
  readonly hashes: Hashes;
  readonly now: () => Date;
}

export interface DnsExchange {
  readonly message: Message;
  readonly signed: boolean;
  readonly rcode: number;
  /** `undefined`: none is sent. */
  readonly answer: Uint8Array | undefined;
}

const WRONG_CLOCK_SECONDS = 3600;

/** What an authoritative server says to one message; `undefined` for what is no request. */
export function respond(
  bytes: Uint8Array,
  client: Endpoint,
  transport: "tcp" | "udp",
  options: DnsResponderOptions & { readonly behaviour: DnsBehaviour },
): DnsExchange | undefined {
  const { behaviour, keys = [], hashes } = options;
  const skew = behaviour === "wrong-clock" ? WRONG_CLOCK_SECONDS : 0;
  const now = Math.floor(options.now().getTime() / 1000) + skew;
  try {
    const message = decodeMessage(bytes);
    if (message.header.qr) return undefined;
    const signature = verifyRequest(bytes, keys, now, hashes);
    const signed = signature.kind !== "unsigned";
    if (behaviour === "silent") return { message, signed, rcode: RCODE.NOERROR, answer: undefined };
    const reply = fit(replyTo(message, signature, client, options), message, transport, behaviour);
    const rcode = reply.header.rcode;
    if (behaviour === "drop-answer" && message.header.opcode === OPCODE.UPDATE)
      return { message, signed, rcode, answer: undefined };
    const answer = sealed(encodeMessage(reply), signature, now, options);
    return { message, signed, rcode, answer: damaged(answer, behaviour) };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function replyTo(
  message: Message,
  signature: RequestVerdict,
  client: Endpoint,
  options: DnsResponderOptions & { readonly behaviour: DnsBehaviour },
): Message {
  if (signature.kind === "refused") return answerTo(message, { rcode: RCODE.NOTAUTH });
  if (options.behaviour === "refused") return answerTo(message, { rcode: RCODE.REFUSED });
  if (options.behaviour === "servfail") return answerTo(message, { rcode: RCODE.SERVFAIL });
  const [question] = message.questions;
  if (!question || message.questions.length !== 1) return answerTo(message, { rcode: RCODE.FORMERR });
  if (message.header.opcode === OPCODE.QUERY) return answerQuestion(message, question, client, options);
  if (message.header.opcode !== OPCODE.UPDATE) return answerTo(message, { rcode: RCODE.NOTIMP });
  const zone = options.zones.find(({ name }) => name === question.name.toLowerCase());
  if (!zone) return answerTo(message, { rcode: RCODE.NOTAUTH });
  const needsKey = (options.keys ?? []).length > 0;
  if (needsKey && signature.kind !== "verified") return answerTo(message, { rcode: RCODE.REFUSED });
  return answerTo(message, { rcode: applyUpdate(zone, message) });
}

function answerQuestion(
  message: Message,
  question: Question,
  client: Endpoint,
  { zones, special }: DnsResponderOptions,
): Message {
  const extra = special?.(question, client);
  if (extra) return answerTo(message, { aa: true, answers: extra });
  const zone = zones
    .filter((zone) => zone.holds(question.name))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (!zone || question.class !== CLASS.IN) return answerTo(message, { rcode: RCODE.REFUSED });
  const owner = zone.ownerOf(question.name);
  const alias = question.type === TYPE.CNAME ? [] : zone.find(owner, TYPE.CNAME);
  const found = alias.length > 0 ? alias : zone.find(owner, question.type);
  const answers = owner === question.name ? found : found.map((it) => ({ ...it, name: question.name }));
  if (answers.length > 0) return answerTo(message, { aa: true, answers });
  const rcode = zone.hasName(owner) ? RCODE.NOERROR : RCODE.NXDOMAIN;
  return answerTo(message, { aa: true, rcode, authorities: [zone.soa] });
}

function answerTo(
  request: Message,
  content: {
    readonly rcode?: number;
    readonly aa?: boolean;
    readonly answers?: readonly ResourceRecord[];
    readonly authorities?: readonly ResourceRecord[];
  },
): Message {
  const { rcode = RCODE.NOERROR, aa = false, answers = [], authorities = [] } = content;
  const flags = { qr: true, aa, tc: false, ra: false, ad: false, cd: false };
  return {
    header: { ...request.header, ...flags, rcode },
    questions: request.questions,
    answers,
    authorities,
    additionals: findOpt(request) ? [optRecord()] : [],
  };
}

/** Over UDP no more than the client takes (RFC 6891 section 6.2.3); less than that says nothing at all. */
function fit(reply: Message, request: Message, transport: "tcp" | "udp", behaviour: DnsBehaviour): Message {
  const limit = Math.max(PLAIN_UDP_SIZE, findOpt(request)?.class ?? 0);
  const isTooLarge = behaviour === "truncate" || encodeMessage(reply).length > limit;
  if (transport === "tcp" || !isTooLarge) return reply;
  return { ...reply, header: { ...reply.header, tc: true }, answers: [], authorities: [] };
}

function damaged(answer: Uint8Array, behaviour: DnsBehaviour): Uint8Array {
  if (behaviour === "garbage") return answer.map((byte) => byte ^ 0xa5);
  return behaviour === "half-answer" ? answer.subarray(0, answer.length / 2) : answer;
}

/** Signs the answer to a signed request, or says why the signature was not accepted. */
function sealed(
  answer: Uint8Array,
  signature: RequestVerdict,
  now: number,
  { behaviour, hashes }: { readonly behaviour: DnsBehaviour; readonly hashes: Hashes },
): Uint8Array {
  if (signature.kind === "unsigned" || behaviour === "unsigned") return answer;
  if (signature.kind === "refused") {
    const { key, mac, at, error } = signature;
    if (!key) return refuseSignature(answer, signature, RCODE[error]);
    return signMessage(answer, key, { at, priorMac: mac, serverTime: now }, hashes).bytes;
  }
  const { key, mac } = signature;
  const priorMac = behaviour === "forge-signature" ? mac.toReversed() : mac;
  return signMessage(answer, key, { at: now, priorMac }, hashes).bytes;
}
