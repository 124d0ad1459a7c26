import { type Address, parseAddress } from "#core/address.ts";

/**
 * The address that a text consists of, white space (ASCII) around it aside. An address among other words is
 * none: pages of captive portals and error messages contain addresses, too.
 */
export function soleAddress(text: string): Address | undefined {
  const [word = "", ...more] = text.split(/[\t\n\v\f\r ]+/).filter((part) => part !== "");
  return more.length === 0 ? parseAddress(word) : undefined;
}
