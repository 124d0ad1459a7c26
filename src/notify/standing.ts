import { describeError, EsddnsError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { DeliveryListener } from "#notify/outbox.ts";

/** How a notifier does. */
export interface NotifierStatus {
  readonly name: string;
  /** Of its definition. */
  readonly type: string;
  readonly lastSuccess: Date | undefined;
  /** What went wrong last, until something went right. */
  readonly trouble:
    | { readonly at: Date; readonly words: string; readonly hint?: string | undefined }
    | undefined;
}

/**
 * What became of a message in the end: `failed` when it is not tried again, `dropped` when others took its place.
 * An attempt that is repeated is neither.
 */
export type DeliveryResult = "dropped" | "failed" | "sent";

export type OnDelivery = (notifier: string, result: DeliveryResult) => void;

export interface StandingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly onDelivery?: OnDelivery | undefined;
}

/** Keeps how the deliveries of one notifier go, and logs it when it changes. */
export class Standing implements DeliveryListener {
  readonly #notifier: { readonly name: string; readonly type: string };
  readonly #clock: Clock;
  readonly #log: Log;
  #lastSuccess: Date | undefined;
  #trouble: NotifierStatus["trouble"];
  readonly #onDelivery: OnDelivery;
  #isOverflowing = false;

  constructor(
    notifier: { readonly name: string; readonly type: string },
    { clock, log, onDelivery = () => {} }: StandingOptions,
  ) {
    this.#notifier = notifier;
    this.#clock = clock;
    this.#log = log;
    this.#onDelivery = onDelivery;
  }

  get status(): NotifierStatus {
    return { ...this.#notifier, lastSuccess: this.#lastSuccess, trouble: this.#trouble };
  }

  delivered(): void {
    if (this.#trouble) this.#log.info("Notifications are delivered again", this.#fields);
    this.#trouble = undefined;
    this.#isOverflowing = false;
    this.#lastSuccess = this.#clock.date();
    this.#onDelivery(this.#notifier.name, "sent");
  }

  failed(error: unknown, isLost: boolean): void {
    if (isLost) this.#onDelivery(this.#notifier.name, "failed");
    if (!this.#note(error)) return;
    const what = isLost ? "A notification is lost" : "A notification is not delivered yet";
    this.#log.warn(what, { ...this.#fields, why: describeError(error) });
  }

  /** As lost, without a word in the log: somebody is told of it anyhow. */
  refused(error: unknown): void {
    this.#onDelivery(this.#notifier.name, "failed");
    this.#note(error);
  }

  /** @returns whether it is another trouble than before */
  #note(error: unknown): boolean {
    const words = error instanceof Error ? error.message : String(error);
    const isNews = this.#trouble?.words !== words;
    const hint = error instanceof EsddnsError ? error.hint : undefined;
    this.#trouble = { at: this.#clock.date(), words, hint };
    return isNews;
  }

  overflowed(): void {
    this.#onDelivery(this.#notifier.name, "dropped");
    if (this.#isOverflowing) return;
    this.#isOverflowing = true;
    this.#log.warn("Too many notifications wait; the oldest are dropped", this.#fields);
  }

  get #fields() {
    const { name, type } = this.#notifier;
    return { notifier: name, type };
  }
}
