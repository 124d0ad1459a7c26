import fc from "fast-check";
import { expect, it } from "vitest";
import { FrameReader, frameMessage } from "#wire/dns/tcp-frame.ts";

it("messages arrive whole and in order, however the stream was cut", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 50 }), (messages, size) => {
      const stream = messages.flatMap((message) => [...frameMessage(message)]);
      const reader = new FrameReader();
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) {
        reader.push(Uint8Array.from(stream.slice(at, at + size)));
        for (let next = reader.next(); next; next = reader.next()) found.push(next);
      }
      expect(found).toEqual(messages);
    }),
  );
});

it("a message of more than 65,535 bytes has no frame", () => {
  expect(() => frameMessage(new Uint8Array(65_536))).toThrow(RangeError);
});
