/** What an Event is about. */
export interface About {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Without it `kubectl describe` does not show the Event with the object. */
  readonly uid?: string | undefined;
}

/** What is to be told. */
export interface Note {
  readonly about: About;
  readonly type: "Normal" | "Warning";
  /** Why, in one word of CamelCase, e.g. `AddressChanged`. */
  readonly reason: string;
  /** For people; no secret. Cut at 1024 characters. */
  readonly message: string;
}
