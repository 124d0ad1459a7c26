import { type Address, parseAddress } from "#core/address.ts";
import { WitnessError } from "#core/errors.ts";
import type { Testimony } from "#core/witness.ts";
import type { Answer } from "#dns/exchange.ts";
import { extendedRcode } from "#wire/dns/edns.ts";
import { sameName } from "#wire/dns/name.ts";
import type { Question } from "#wire/dns/question.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";
import type { RecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { TYPE } from "#wire/dns/types.ts";

/** Google adds the network that a resolver in between passed on; it says nothing about the address. */
const CLIENT_SUBNET = /^edns0-client-subnet /;

/**
 * Reads the one address out of an answer. Strict, because what intercepts DNS answers in due form, too: no alias,
 * no second address, no text around it.
 *
 * @param id of the witness, for messages
 * @throws {WitnessError}
 */
export function readTestimony(
  id: string,
  question: Question,
  isAuthoritative: boolean,
  { message, server }: Answer,
): Testimony {
  const fail = (code: string, is: string) =>
    new WitnessError(`Cannot use the answer of "${id}": ${is}`, { code });
  const rcode = extendedRcode(message);
  if (rcode !== RCODE.NOERROR) throw fail("rcode", `it is ${formatRcode(rcode)}, expected NOERROR`);
  if (isAuthoritative && !message.header.aa)
    throw fail(
      "not-authoritative",
      "it comes from a server in between, expected the one that holds the name",
    );
  if (message.answers.some(({ type }) => type === TYPE.CNAME))
    throw fail("alias", "the name is an alias (CNAME), expected an address");
  const texts = message.answers
    .filter((record) => isAnswerTo(question, record))
    .map(({ data }) => textOf(data));
  const candidates = texts.filter((text) => !CLIENT_SUBNET.test(text));
  const [text, ...more] = candidates;
  if (text === undefined) throw fail("no-address", "it holds no address, expected one");
  if (more.length > 0) throw fail("several-addresses", `it holds ${candidates.length} values, expected one`);
  return { address: parseOr(text, () => fail("not-an-address", "its value is no address")), server };
}

function isAnswerTo(question: Question, record: ResourceRecord): boolean {
  return (
    record.type === question.type && record.class === question.class && sameName(record.name, question.name)
  );
}

function textOf(data: RecordData): string {
  if (data.kind === "address") return data.address.text;
  if (data.kind !== "text") return "";
  return data.strings.map((string) => new TextDecoder().decode(string)).join("");
}

function parseOr(text: string, failure: () => WitnessError): Address {
  const address = parseAddress(text);
  if (!address) throw failure();
  return address;
}
