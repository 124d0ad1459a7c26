import { WireError } from "#core/errors.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { type Header, readHeader, writeHeader } from "#wire/dns/header.ts";
import { type Question, readQuestion, writeQuestion } from "#wire/dns/question.ts";
import { readRecord, type ResourceRecord, writeRecord } from "#wire/dns/resource-record.ts";
import { CLASS, OPCODE } from "#wire/dns/types.ts";

/**
 * One DNS message (RFC 1035 section 4.1). In an update the sections are zone, prerequisites, update and
 * additional data (RFC 2136 section 2).
 */
export interface Message {
  readonly header: Header;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

/** Where the counts stand; ARCOUNT is the last. */
export const ARCOUNT_OFFSET = 10;

/** One question, everything else empty; `rd` asks a resolver to find out for us. */
export function queryMessage(
  question: Pick<Question, "name" | "type"> & { readonly class?: number | undefined },
  options: {
    readonly id: number;
    readonly rd: boolean;
    readonly additionals?: readonly ResourceRecord[] | undefined;
  },
): Message {
  return {
    header: requestHeader(options.id, OPCODE.QUERY, options.rd),
    questions: [{ name: question.name, type: question.type, class: question.class ?? CLASS.IN }],
    answers: [],
    authorities: [],
    additionals: options.additionals ?? [],
  };
}

export function requestHeader(id: number, opcode: number, rd: boolean): Header {
  const flags = { qr: false, aa: false, tc: false, ra: false, ad: false, cd: false };
  return { id, opcode, rd, rcode: 0, ...flags };
}

/** Names are written in full: requests are small, and no reader minds. */
export function encodeMessage(message: Message): Uint8Array {
  const { header, questions } = message;
  const sections = [message.answers, message.authorities, message.additionals];
  const writer = new ByteWriter();
  writeHeader(writer, header);
  for (const section of [questions, ...sections]) writer.uint16(section.length);
  for (const question of questions) writeQuestion(writer, question);
  for (const record of sections.flat()) writeRecord(writer, record);
  return writer.toBytes();
}

/** @throws {WireError} also when bytes are left over */
export function decodeMessage(bytes: Uint8Array): Message {
  return readMessage(bytes).message;
}

/**
 * As {@link decodeMessage}, with the place of the last record: a signature covers what stands before it.
 *
 * @returns `lastRecord`: bytes from the start; the end of the message when there is no record
 */
export function readMessage(bytes: Uint8Array): { readonly message: Message; readonly lastRecord: number } {
  const cursor = new Cursor(bytes);
  const header = readHeader(cursor);
  const [questions, answers, authorities, additionals] = [
    cursor.uint16("QDCOUNT"),
    cursor.uint16("ANCOUNT"),
    cursor.uint16("NSCOUNT"),
    cursor.uint16("ARCOUNT"),
  ];
  let lastRecord = bytes.length;
  const record = () => {
    lastRecord = cursor.offset;
    return readRecord(cursor, bytes);
  };
  const message = {
    header,
    questions: times(questions, () => readQuestion(cursor, bytes)),
    answers: times(answers, record),
    authorities: times(authorities, record),
    additionals: times(additionals, record),
  };
  if (cursor.remaining > 0)
    throw new WireError("message", cursor.offset, `${cursor.remaining} bytes after the last record`);
  return { message, lastRecord };
}

/** A count may promise 65,535 records in an empty message: nothing is made ahead of the reading. */
function times<T>(count: number, read: () => T): T[] {
  const items: T[] = [];
  while (items.length < count) items.push(read());
  return items;
}
