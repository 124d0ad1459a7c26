// oxlint-disable typescript/restrict-template-expressions -- what the rule forbids is what happens by mistake
import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError, describeError, TransportError } from "#core/errors.ts";
import { refreshAll, Secret } from "#core/secret.ts";

const VALUE = "hunter2-hunter2";
const secret = new Secret(() => VALUE);

class Holder {
  readonly token = secret;
  readonly #hidden = secret;

  get hidden(): Secret {
    return this.#hidden;
  }
}

describe("a secret", () => {
  it("is yielded where it is asked for, and nowhere else", () => {
    expect(secret.reveal()).toBe(VALUE);
  });

  it.each<[string, () => string]>([
    ["String()", () => String(secret)],
    ["a template", () => `${secret}`],
    ["concatenation", () => "" + secret],
    ["join", () => [secret, secret].join(" ")],
    ["JSON", () => JSON.stringify(secret)],
    ["nested JSON", () => JSON.stringify({ a: [{ token: secret }] })],
    ["JSON of a holder", () => JSON.stringify(new Holder())],
    ["inspect", () => inspect(secret)],
    ["nested inspect", () => inspect({ a: { b: [new Map([["token", secret]])] } }, { depth: Infinity })],
    [
      "inspect of a holder",
      () => inspect(new Holder(), { showHidden: true, depth: Infinity, getters: true }),
    ],
    ["format %s", () => format("%s", secret)],
    ["format %o", () => format("%o", secret)],
    ["format %O", () => format("%O", { secret })],
    ["format %j", () => format("%j", { secret })],
    ["an error's message", () => new Error(`Cannot sign in with ${secret}`).message],
    ["an error's text", () => inspect(new Error("no", { cause: { secret } }), { depth: Infinity })],
    [
      "an error of ours",
      () => describeError(new ConfigError(`Cannot use "${secret}"`, [], { hint: `not ${secret}` })),
    ],
  ])("prints as dots in %s", (_, print) => {
    expect(print()).not.toContain("hunter");
    expect(print()).toContain("•••");
  });

  it.each<[string, () => string]>([
    [
      "inspect without custom forms",
      () => inspect({ secret }, { customInspect: false, showHidden: true, depth: Infinity }),
    ],
    ["its keys", () => JSON.stringify([Reflect.ownKeys(secret).map(String), Object.entries(secret)])],
    ["Object.assign", () => JSON.stringify(Object.assign({}, secret))],
    ["a structured clone", () => inspect(structuredClone(secret))],
    [
      "the stack of a failure around it",
      () =>
        inspect(
          new TransportError("Cannot reach it", {
            code: "refused",
            peer: "a:1",
            phase: "unsent",
            cause: secret,
          }),
          { depth: Infinity },
        ),
    ],
  ])("does not show in %s", (_, print) => {
    expect(print()).not.toContain("hunter");
  });

  it("is read again on demand, and says whether it is another one", () => {
    let value = "first";
    const rotating = new Secret(() => value);
    expect(rotating.refresh()).toBe(false);
    value = "second";
    expect(rotating.reveal()).toBe("first");
    expect(rotating.refresh()).toBe(true);
    expect(rotating.reveal()).toBe("second");
    expect(rotating.refresh()).toBe(false);
  });

  it("keeps its value when it cannot be read again", () => {
    let isGone = false;
    const fromFile = new Secret(() => {
      if (isGone) throw new ConfigError("Cannot read the file", []);
      return "kept";
    });
    isGone = true;
    expect(() => fromFile.refresh()).toThrow(ConfigError);
    expect(fromFile.reveal()).toBe("kept");
  });

  it("that cannot be read at first is never made", () => {
    expect(
      () =>
        new Secret(() => {
          throw new ConfigError("Cannot read the file", []);
        }),
    ).toThrow(ConfigError);
  });
});

describe("refreshAll", () => {
  const changing = () => {
    let text = "old";
    const own = new Secret(() => text);
    return { own, change: () => (text = "new") };
  };
  const unreadable = () => {
    let isThere = true;
    const own = new Secret(() => {
      if (isThere) return VALUE;
      throw new ConfigError("Cannot read the file", []);
    });
    return { own, remove: () => (isThere = false) };
  };

  it("reads all of them, also when the first is another already", () => {
    const [first, second] = [changing(), changing()];
    first.change();
    second.change();
    expect(refreshAll([first.own, second.own])).toBe(true);
    expect(second.own.reveal()).toBe("new");
  });

  it("says when none is another, and keeps what cannot be read", () => {
    const gone = unreadable();
    gone.remove();
    expect(refreshAll([gone.own, changing().own])).toBe(false);
    expect(gone.own.reveal()).toBe(VALUE);
  });
});
