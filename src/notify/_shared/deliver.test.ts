import { expect, it } from "vitest";
import { TransportError } from "#core/errors.ts";
import { deliver } from "#notify/_shared/deliver.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const delivery = {
  title: "ntfy",
  method: "POST",
  url: new URL("https://ntfy.example"),
  secrets: [],
} as const;

it.each([
  ["too-large", "never"],
  ["invalid-request", "never"],
  ["timeout", "next-round"],
])("what ends as %s is tried again: %s", async (code, retry) => {
  const error = new TransportError("Cannot ask", { code, peer: "ntfy.example", phase: "sent" });
  const ports = { clock: new ManualClock(), http: { request: () => Promise.reject(error) } };
  await expect(deliver(ports, delivery, new AbortController().signal)).rejects.toMatchObject({ code, retry });
});
