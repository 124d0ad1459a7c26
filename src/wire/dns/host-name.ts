import { ByteWriter } from "#wire/byte-writer.ts";
import { writeName } from "#wire/dns/name.ts";

/** Whether the text can be asked for: any name of DNS but the root. */
export function isName(text: string): boolean {
  try {
    writeName(new ByteWriter(), text);
    return text !== "";
  } catch {
    return false;
  }
}

/** Whether the text is a name that a server can have; digits and dots alone are a mistyped address. */
export function isHostName(text: string): boolean {
  return isName(text) && /^[a-z0-9_.-]+$/i.test(text) && !/^[\d.]+$/.test(text);
}
