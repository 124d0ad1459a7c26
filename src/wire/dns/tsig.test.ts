import { createHmac, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import type { Hashes } from "#core/ports.ts";
import { decodeMessage, encodeMessage, queryMessage } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import { refuseSignature, signMessage, verifyAnswer, verifyRequest } from "#wire/dns/tsig.ts";
import { TSIG_ALGORITHMS, type TsigKey } from "#wire/dns/tsig-key.ts";
import { splitSigned } from "#wire/dns/tsig-mac.ts";
import { TYPE } from "#wire/dns/types.ts";

const hashes: Hashes = {
  hmac: (algorithm, key, message) => Uint8Array.from(createHmac(algorithm, key).update(message).digest()),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
const key: TsigKey = {
  name: "update-key",
  algorithm: "hmac-sha256",
  secret: fromText("secretsecretsecretsecretsecret!!"),
};
const otherKey: TsigKey = { ...key, secret: fromText("another secret of the same length") };

/** An update that nsupdate 9.18 signed with that key, and what servers answered. */
const PEERS = {
  BIND: {
    request:
      "7ba228000001000000020001076578616d706c65036f7267000006000104686f6d65c00c000100ff000000000000c01d000100010000012c0004cb0071050a7570646174652d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b035034012c002087bb85e5a7f4f9440d91d821d2e0e705e2aad2160eeb1ae5193bb12852e925f57ba200000000",
    answer:
      "7ba2a8000001000000000001076578616d706c65036f726700000600010a7570646174652d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b035034012c0020ac92e5cb4bef1cf983053840c0498a7832c07a7c3c31ee3826dd6c7ebb6b09907ba200000000",
    at: 0x6b035034,
  },
  Knot: {
    request:
      "1cdd28000001000000020001076578616d706c65036f7267000006000104686f6d65c00c000100ff000000000000c01d000100010000012c0004cb0071050a7570646174652d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b035038012c0020677c0b809179915d5b252ac7b8c3fd2199f21f3ddf3d56857550c547989a3ce71cdd00000000",
    answer:
      "1cdda8000001000000000001076578616d706c65036f726700000600010a7570646174652d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b035038012c00206285cf0418f22c16be2cc4ddcafa462e64574d43f4bbc6686668c40c00d2e4971cdd00000000",
    at: 0x6b035038,
  },
} as const;
/** BIND to a request of a clock that is 1000 s late. */
const BADTIME = {
  request:
    "fae60000000100000000000204686f6d65076578616d706c65036f7267000001000100002904d00000000000000a7570646174652d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b034c75012c0020a7d61ebe858da2c3f1132cc0d76256d9c2ef6c7b079454498a9039fbab0f30f6fae600000000",
  answer:
    "fae68009000100000000000204686f6d65076578616d706c65036f7267000001000100002904d00000000000000a7570646174652d6b65790000fa00ff0000000000430b686d61632d7368613235360000006b034c75012c002084e0c49bf03a7a5d596bc9c2b88fc577e308914a5a0ed3ee32ac8b2eb93591f3fae60012000600006b03505d",
  clientTime: 0x6b034c75,
  serverTime: 0x6b03505d,
} as const;
/** BIND to a request signed with another secret. */
const BADSIG_ANSWER =
  "b241a8090001000000000001076578616d706c65036f726700000600010a7570646174652d6b65790000fa00ff00000000001d0b686d61632d7368613235360000006b035034012c0000b24100100000";

const NOW = 1_800_000_000;
const request = encodeMessage(queryMessage({ name: "a.example", type: TYPE.SOA }, { id: 77, rd: false }));

function fromText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function macOf(hex: string): Uint8Array {
  const signed = splitSigned(fromHex(hex));
  if (!signed) throw new TypeError("no signature");
  return signed.tsig.mac;
}

/** An exchange of ours: the request, and the answer to it. */
function exchangeWith(withKey: TsigKey) {
  const { bytes, mac } = signMessage(request, withKey, { at: NOW }, hashes);
  const answer = signMessage(request, withKey, { at: NOW, priorMac: mac }, hashes).bytes;
  return { bytes, mac, answer };
}

describe.each(Object.entries(PEERS))("what nsupdate and %s said to each other", (_, peer) => {
  it("the request is signed as we would sign it", () => {
    const bytes = fromHex(peer.request);
    const { unsigned } = splitSigned(bytes)!;
    expect(verifyRequest(bytes, [key], peer.at, hashes)).toMatchObject({ kind: "verified", at: peer.at });
    expect(signMessage(unsigned, key, { at: peer.at }, hashes).bytes).toEqual(bytes);
  });

  it("the answer is verified by the request's MAC", () => {
    const answer = fromHex(peer.answer);
    expect(verifyAnswer(answer, key, macOf(peer.request), peer.at, hashes)).toEqual({ kind: "verified" });
    const unrelated = verifyAnswer(answer, key, macOf(BADTIME.request), peer.at, hashes);
    expect(unrelated).toEqual({ kind: "untrusted", error: "BADSIG" });
  });
});

describe("a signature that BIND did not accept", () => {
  it("for its time comes back signed, with the server's clock", () => {
    const { request, answer, clientTime, serverTime } = BADTIME;
    expect(verifyAnswer(fromHex(answer), key, macOf(request), clientTime, hashes)).toEqual({
      kind: "refused",
      error: RCODE.BADTIME,
      signed: true,
      serverTime,
    });
  });

  it("for its secret comes back without a MAC", () => {
    const verdict = verifyAnswer(fromHex(BADSIG_ANSWER), key, new Uint8Array(32), PEERS.BIND.at, hashes);
    expect(verdict).toMatchObject({ kind: "refused", error: RCODE.BADSIG, signed: false });
  });
});

describe.each(Object.entries(TSIG_ALGORITHMS))("a key of %s", (name, { hash, macLength }) => {
  const algorithm = Object.keys(TSIG_ALGORITHMS).find(isAlgorithm(name))!;
  const own: TsigKey = { ...key, algorithm };

  it("signs with its hash, and what it signed verifies", () => {
    const { bytes, mac, answer } = exchangeWith(own);
    expect(mac).toHaveLength(macLength);
    expect(hashes.hmac(hash, own.secret, request)).toHaveLength(macLength);
    expect(verifyRequest(bytes, [own], NOW, hashes).kind).toBe("verified");
    expect(verifyAnswer(answer, own, mac, NOW, hashes)).toEqual({ kind: "verified" });
  });

  it("is not the same as one of the same name and another algorithm", () => {
    const others = Object.keys(TSIG_ALGORITHMS).filter((other) => other !== name);
    for (const other of others.filter((text): text is TsigKey["algorithm"] => text in TSIG_ALGORITHMS)) {
      const verdict = verifyRequest(exchangeWith(own).bytes, [{ ...own, algorithm: other }], NOW, hashes);
      expect(verdict).toMatchObject({ kind: "refused", error: "BADKEY" });
    }
  });
});

function isAlgorithm(name: string) {
  return (text: string): text is TsigKey["algorithm"] => text === name;
}

describe("a signed answer", () => {
  const { mac, answer } = exchangeWith(key);

  it("is refused without its signature", () => {
    expect(verifyAnswer(splitSigned(answer)!.unsigned, key, mac, NOW, hashes)).toEqual({ kind: "unsigned" });
  });

  it("is refused when it is signed by another", () => {
    const forged = signMessage(request, otherKey, { at: NOW, priorMac: mac }, hashes).bytes;
    expect(verifyAnswer(forged, key, mac, NOW, hashes)).toEqual({ kind: "untrusted", error: "BADSIG" });
  });

  it("is refused when it does not cover the request", () => {
    const detached = signMessage(request, key, { at: NOW }, hashes).bytes;
    expect(verifyAnswer(detached, key, mac, NOW, hashes)).toEqual({ kind: "untrusted", error: "BADSIG" });
  });

  it("is refused under another key name, and accepted in another case", () => {
    const named = (name: string) =>
      signMessage(request, { ...key, name }, { at: NOW, priorMac: mac }, hashes).bytes;
    const verify = (bytes: Uint8Array) => verifyAnswer(bytes, key, mac, NOW, hashes);
    expect(verify(named("other-key"))).toEqual({ kind: "untrusted", error: "BADKEY" });
    expect(verify(named("Update-KEY"))).toEqual({ kind: "verified" });
  });

  it("is good for 300 s in either direction, and no longer", () => {
    for (const late of [-300, 300])
      expect(verifyAnswer(answer, key, mac, NOW + late, hashes).kind, `${late} s`).toBe("verified");
    for (const late of [-301, 301])
      expect(verifyAnswer(answer, key, mac, NOW + late, hashes)).toEqual({
        kind: "untrusted",
        error: "BADTIME",
        serverTime: NOW,
      });
  });

  it("is refused with a shortened MAC, even one that is right so far", () => {
    const { unsigned, tsig } = splitSigned(answer)!;
    const message = decodeMessage(unsigned);
    const short = { ...tsig, mac: tsig.mac.subarray(0, 16) };
    const record = {
      name: key.name,
      type: TYPE.TSIG,
      class: 255,
      ttl: 0,
      data: { kind: "tsig", tsig: short },
    } as const;
    const bytes = encodeMessage({ ...message, additionals: [record] });
    expect(verifyAnswer(bytes, key, mac, NOW, hashes)).toEqual({ kind: "untrusted", error: "BADTRUNC" });
  });

  it("is never accepted with any one bit flipped", () => {
    fc.assert(
      fc.property(fc.nat(answer.length * 8 - 1), (bit) => {
        const flipped = answer.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        // The header's own id may differ (a forwarder changes it), and the case of names
        const isHarmless = bit >> 3 < 2 || isCaseOfLetter(answer[bit >> 3] ?? 0, bit & 7);
        try {
          const verdict = verifyAnswer(flipped, key, mac, NOW, hashes);
          if (!isHarmless) expect(verdict.kind).not.toBe("verified");
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("must have its signature at the very end, and one alone", () => {
    const { unsigned } = splitSigned(answer)!;
    const message = decodeMessage(unsigned);
    const [tsig] = decodeMessage(answer).additionals;
    const last = {
      name: "",
      type: 65_280,
      class: 1,
      ttl: 0,
      data: { kind: "raw", bytes: new Uint8Array(1) },
    } as const;
    for (const additionals of [
      [tsig!, last],
      [tsig!, tsig!],
    ])
      expect(() => splitSigned(encodeMessage({ ...message, additionals }))).toThrow(WireError);
    expect(() => splitSigned(encodeMessage({ ...message, answers: [tsig!] }))).toThrow(WireError);
    expect(() => splitSigned(encodeMessage({ ...message, additionals: [{ ...tsig!, ttl: 1 }] }))).toThrow(
      WireError,
    );
  });
});

describe("the server's side", () => {
  it.each([
    ["no signature", request, { kind: "unsigned" }],
    ["an unknown key", exchangeWith({ ...key, name: "nobody" }).bytes, { kind: "refused", error: "BADKEY" }],
    ["another secret", exchangeWith(otherKey).bytes, { kind: "refused", error: "BADSIG" }],
    [
      "another time",
      signMessage(request, key, { at: NOW - 301 }, hashes).bytes,
      { kind: "refused", error: "BADTIME" },
    ],
  ])("tells %s", (_, bytes, verdict) => {
    expect(verifyRequest(bytes, [key], NOW, hashes)).toMatchObject(verdict);
  });

  it("says why without a MAC, and the client understands", () => {
    const { mac } = exchangeWith(key);
    const said = { keyName: key.name, algorithm: key.algorithm, at: NOW };
    const verdict = verifyAnswer(refuseSignature(request, said, RCODE.BADKEY), key, mac, NOW, hashes);
    expect(verdict).toMatchObject({ kind: "refused", error: RCODE.BADKEY, signed: false });
  });

  it("tells its time with BADTIME, signed over the request", () => {
    const { mac } = exchangeWith(key);
    const late = signMessage(request, key, { at: NOW, priorMac: mac, serverTime: NOW + 4000 }, hashes).bytes;
    const expected = { kind: "refused", error: RCODE.BADTIME, signed: true, serverTime: NOW + 4000 };
    expect(verifyAnswer(late, key, mac, NOW, hashes)).toEqual(expected);
  });
});

/** Key and algorithm names are signed in lower case, so that a flip of 0x20 in a letter is no change. */
function isCaseOfLetter(byte: number, bit: number): boolean {
  return bit === 5 && /[a-zA-Z]/.test(String.fromCodePoint(byte));
}
