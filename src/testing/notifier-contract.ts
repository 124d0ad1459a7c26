import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CancelledError, describeError, EsddnsError } from "#core/errors.ts";
import type { Ports } from "#core/ports.ts";
import type { Notice, NotifierDefinition } from "#notify/definition.ts";
import type { EmulatedAnswer } from "#testing/emulators/emulator.ts";
import type { MessageService } from "#testing/emulators/message-service.ts";
import { openPlain, testPorts } from "#testing/emulators/world.ts";

/** A notifier and the service at the other end. */
export interface NotifierContract {
  readonly definition: NotifierDefinition;
  /** A strict one; it listens already. */
  service(): Promise<MessageService>;
  /** As a user writes it, with the right secrets, or with one that the service does not know. */
  config(service: MessageService, kind: "right" | "wrong"): object;
  /** What proves who we are, and must not show up anywhere. */
  readonly secrets: readonly string[];
  /** How many seconds the service's own 429 asks for, without a Retry-After, when it can say so. */
  readonly tooMany?: { readonly body: unknown; readonly milliseconds: number } | undefined;
  /** Tests that cannot hold, each with the reason. */
  readonly skip?: Partial<Readonly<Record<NotifierContractTest, string>>> | undefined;
}

export type NotifierContractTest = keyof typeof tests;

/**
 * The suite that every notifier with an HTTP service passes.
 *
 * @example notifierContract({ definition: ntfy, service, config, secrets });
 */
export function notifierContract(contract: NotifierContract): void {
  const { definition, skip = {} } = contract;
  describe(`the notifier contract: ${definition.id}`, () => {
    let tour: Tour;
    beforeEach(async () => {
      tour = new Tour(contract, await contract.service());
    });
    afterEach(() => tour.close());
    for (const [title, test] of Object.entries(tests)) {
      const reason = Object.entries(skip).find(([skipped]) => skipped === title)?.[1];
      it(title, { timeout: 10_000 }, async (context) => {
        if (reason !== undefined) context.skip(reason);
        await test(tour);
      });
    }
  });
}

/** Everything that some format gives a meaning to. */
export const HOSTILE = `</b>@everyone <!channel> <@123> "quotes" 'n' \\back\\ *s* _u_ ~t~ \`c\` |p| [l](x) {{at}} $& &amp; % ☃ 😀`;

export function noticeOf(words: Partial<Notice["happening"]> = {}): Notice {
  const happening = {
    kind: "record-failed",
    at: new Date("2026-11-22T10:11:12Z"),
    record: "home.example.org/A",
    provider: "home",
    title: "home.example.org A: home refused the change",
    detail: "no such zone",
    ...words,
  } as const;
  return { id: "0123456789abcdef0123456789abcdef", happening, host: "router-1", isTest: false };
}

class Tour {
  readonly service: MessageService;
  readonly contract: NotifierContract;
  readonly ports = testPorts();
  readonly signal = new AbortController().signal;

  constructor(contract: NotifierContract, service: MessageService) {
    this.contract = contract;
    this.service = service;
  }

  send(
    notice: Notice,
    { kind = "right", signal = this.signal }: { kind?: "right" | "wrong"; signal?: AbortSignal } = {},
  ): Promise<void> {
    return sender(
      this.contract.definition,
      this.contract.config(this.service, kind),
      this.ports,
    )(notice, signal);
  }

  /** The error of an attempt under that answer; nobody repeated it in secret. */
  async errorUnder(answer: EmulatedAnswer): Promise<EsddnsError> {
    this.service.fault({ kind: "status", ...answer });
    const error = await caught(this.send(noticeOf()));
    expect(this.service.log).toHaveLength(1);
    return error;
  }

  async close(): Promise<void> {
    await this.ports.close();
    await this.service.close();
  }
}

const tests = {
  async "a message arrives with what happened, where and when"(tour: Tour) {
    await tour.send(noticeOf());
    const { texts } = tour.service;
    const [text] = texts;
    expect(text).toContain("home.example.org A: home refused the change");
    expect(text).toContain("no such zone");
    expect(text).toContain("router-1");
    expect(text).toMatch(/2026-11-22[ T]10:11/);
    expect(texts).toHaveLength(1);
  },

  async "hostile words arrive as they are"(tour: Tour) {
    await tour.send(noticeOf({ title: HOSTILE, detail: `${HOSTILE}\nsecond line` }));
    const [text = ""] = tour.service.texts;
    expect(text.split(HOSTILE).length - 1).toBe(2);
    expect(text).toContain("second line");
  },

  async "hostile words of one line arrive as they are"(tour: Tour) {
    await tour.send(noticeOf({ title: `bad: ${HOSTILE}`, detail: undefined }));
    expect(tour.service.texts).toHaveLength(1);
    expect(tour.service.texts[0]).toContain(HOSTILE);
  },

  async "words of any length are cut to what the service takes, between characters"(tour: Tour) {
    await tour.send(noticeOf({ title: "<&*😀".repeat(3000), detail: "😀".repeat(70_000) }));
    const [text = ""] = tour.service.texts;
    expect(text).toContain("<&*😀<&*😀<&*😀");
    expect(text).toContain("…");
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toContain("\uFFFD");
  },

  async "a wrong secret is refused for good, with the next step"(tour: Tour) {
    const error = await caught(tour.send(noticeOf(), { kind: "wrong" }));
    expect(["authentication", "not-found"]).toContain(error.code);
    expect(error).toMatchObject({ retry: "never", hint: expect.any(String) });
    expect(tour.service.texts).toEqual([]);
  },

  async "what the service refuses is not repeated"(tour: Tour) {
    const error = await tour.errorUnder({ status: 400, body: "bad request" });
    expect(error).toMatchObject({ retry: "never", status: 400 });
    expect(error.message).toContain("400");
  },

  async "a redirect is not followed"(tour: Tour) {
    const headers = { location: `${tour.service.endpoint}/elsewhere` };
    const error = await tour.errorUnder({ status: 307, headers });
    expect(error).toMatchObject({ code: "redirected", retry: "never" });
  },

  async "too many messages are repeated when the service says"(tour: Tour) {
    const error = await tour.errorUnder({ status: 429, headers: { "retry-after": "7" } });
    expect(error).toMatchObject({ code: "rate-limited", retry: { after: 7000 } });
  },

  async "the service's own way to say when is read"(tour: Tour) {
    const { body, milliseconds } = tour.contract.tooMany ?? {};
    const error = await tour.errorUnder({ status: 429, body });
    expect(error).toMatchObject({ code: "rate-limited", retry: { after: milliseconds ?? 60_000 } });
  },

  async "a wait that nobody can read is a minute"(tour: Tour) {
    const error = await tour.errorUnder({ status: 429, headers: { "retry-after": "-5" } });
    expect(error.retry).toEqual({ after: 60_000 });
  },

  async "a wait of weeks is one of an hour"(tour: Tour) {
    const error = await tour.errorUnder({ status: 429, headers: { "retry-after": "9999999" } });
    expect(error.retry).toEqual({ after: 3_600_000 });
  },

  async "a server in trouble is tried again"(tour: Tour) {
    for (const status of [500, 502, 503]) {
      tour.service.fault({ kind: "status", status });
      expect(await caught(tour.send(noticeOf()))).toMatchObject({
        code: "server-error",
        retry: "next-round",
      });
    }
  },

  async "a connection that breaks off is tried again"(tour: Tour) {
    tour.service.fault({ kind: "close", applied: false });
    expect((await caught(tour.send(noticeOf()))).retry).toBe("next-round");
  },

  async "the caller's signal ends it at once"(tour: Tour) {
    tour.service.fault({ kind: "stall", applied: false });
    const stop = new AbortController();
    const sending = caught(tour.send(noticeOf(), { signal: stop.signal }));
    await expect.poll(() => tour.service.pending).toBe(1);
    stop.abort();
    expect(await sending).toBeInstanceOf(CancelledError);
    await expect.poll(() => tour.service.pending).toBe(0);
  },

  async "a secret shows up in no error and in no log line"(tour: Tour) {
    const { secrets } = tour.contract;
    const echo = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).join(" and ");
    const json = {
      error: echo,
      message: echo,
      description: echo,
      msg: echo,
      errcode: "X",
      errorDescription: echo,
    };
    for (const body of [echo, json]) {
      tour.service.fault({ kind: "status", status: 400, body });
      expectSilent(await caught(tour.send(noticeOf())), tour);
    }
    tour.service.fault({ kind: "close", applied: false });
    expectSilent(await caught(tour.send(noticeOf())), tour);
    expectSilent(await caught(tour.send(noticeOf(), { kind: "wrong" })), tour);
  },
};

/** Of a monitor it is the sign of life that says that all is not well, with the title for its words. */
function sender(definition: NotifierDefinition, config: object, ports: Ports) {
  const parsed = definition.config.parse(config);
  if (definition.kind === "message") {
    const notifier = definition.create(parsed, ports, openPlain);
    return (notice: Notice, signal: AbortSignal) => notifier.send(notice, signal);
  }
  const monitor = definition.create(parsed, ports, openPlain);
  return ({ happening }: Notice, signal: AbortSignal) =>
    monitor.beat({ isWell: false, words: happening.title }, signal);
}

function expectSilent(error: EsddnsError, tour: Tour): void {
  const shown = [
    inspect(error, { depth: 9 }),
    describeError(error),
    JSON.stringify(error),
    tour.ports.logged(),
  ];
  for (const secret of tour.contract.secrets) expect(shown.join("\n")).not.toContain(secret);
}

async function caught(sending: Promise<void>): Promise<EsddnsError> {
  const error: unknown = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EsddnsError);
  if (!(error instanceof EsddnsError)) throw new TypeError("it was sent");
  return error;
}
