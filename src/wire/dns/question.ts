import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";
import { readName, sameName, writeName } from "#wire/dns/name.ts";

/** What is asked for; in an update, the zone that is updated (RFC 2136 section 2.3). */
export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export function writeQuestion(writer: ByteWriter, question: Question): void {
  writeName(writer, question.name);
  writer.uint16(question.type).uint16(question.class);
}

export function readQuestion(cursor: Cursor, message: Uint8Array): Question {
  const name = readName(cursor, message, "QNAME");
  return { name, type: cursor.uint16("QTYPE"), class: cursor.uint16("QCLASS") };
}

export function sameQuestion(a: Question, b: Question): boolean {
  return a.type === b.type && a.class === b.class && sameName(a.name, b.name);
}
