import { type Address, parseAddress } from "#core/address.ts";
import { canonicalValues, familyOf, type RecordKey, recordId } from "#core/record.ts";
import { type Seconds, seconds } from "#core/units.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";

/** Addresses of a record set as the vendor wrote them. @throws {AnswerError} for anything else than addresses of the type */
export function addressesOf(title: string, key: RecordKey, values: readonly string[]): readonly Address[] {
  return canonicalValues(
    values.map((value) => {
      const address = parseAddress(value);
      if (address?.family === familyOf(key.type)) return address;
      throw new AnswerError(
        `Cannot read "${recordId(key)}" at ${title}: it holds "${value.slice(0, 100)}", expected an IPv${familyOf(key.type)} address`,
        { code: "unreadable", words: "" },
      );
    }),
  );
}

/** A TTL as the vendor wrote it, checked to be a whole number by the schema. */
export function ttlOf(value: number | undefined): { readonly ttl?: Seconds } {
  return value === undefined ? {} : { ttl: seconds(value) };
}
