import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import { encodeBindingRequest } from "#wire/stun/message.ts";
import { MessageFramer } from "#wire/stun/message-framer.ts";
import { SAMPLE_IPV4_RESPONSE, SAMPLE_IPV6_RESPONSE, SAMPLE_TRANSACTION_ID } from "./testdata/rfc5769.ts";

describe("a stream of messages", () => {
  it("comes out whole from pieces of any size", () => {
    const messages = [
      SAMPLE_IPV4_RESPONSE,
      encodeBindingRequest(SAMPLE_TRANSACTION_ID),
      SAMPLE_IPV6_RESPONSE,
    ];
    const stream = Uint8Array.from(messages.flatMap((message) => [...message]));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 30 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const framer = new MessageFramer();
        const out = edges.slice(1).flatMap((end, index) => framer.push(stream.subarray(edges[index], end)));
        expect(out).toEqual(messages);
        expect(framer.isPartial).toBe(false);
      }),
    );
  });

  it("comes out whole byte by byte", () => {
    const framer = new MessageFramer();
    const out = [...SAMPLE_IPV4_RESPONSE].flatMap((byte) => framer.push(Uint8Array.of(byte)));
    expect(out).toEqual([SAMPLE_IPV4_RESPONSE]);
  });

  it("tells a message that broke off from a clean end", () => {
    const framer = new MessageFramer();
    expect(framer.push(SAMPLE_IPV4_RESPONSE.subarray(0, 79))).toEqual([]);
    expect(framer.isPartial).toBe(true);
  });

  it("is lost at the first header that is not STUN", () => {
    const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(() => new MessageFramer().push(http)).toThrow(WireError);
  });

  it("is lost at a message longer than allowed, before its body is buffered", () => {
    const header = encodeBindingRequest(SAMPLE_TRANSACTION_ID);
    header.set([0xff, 0xfc], 2);
    expect(() => new MessageFramer().push(header)).toThrow(/at most 4096/);
    expect(() => new MessageFramer(79).push(SAMPLE_IPV4_RESPONSE)).toThrow(/at most 79/);
    expect(new MessageFramer(80).push(SAMPLE_IPV4_RESPONSE)).toHaveLength(1);
  });
});
