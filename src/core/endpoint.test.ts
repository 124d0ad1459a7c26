import { expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";

it.each([
  ["192.0.2.1", "192.0.2.1:53"],
  ["2001:db8::53", "[2001:db8::53]:53"],
])("the endpoint of %s is %s", (text, shown) => {
  const address = parseAddress(text);
  expect(address && formatEndpoint({ address, port: 53 })).toBe(shown);
});
