import type { Random } from "#core/ports.ts";
import type { Notice } from "#notify/definition.ts";
import type { Happening } from "#state/happening.ts";

export function noticeOf(happening: Happening, host: string, random: Random): Notice {
  return { id: newId(random), happening, host, isTest: false };
}

/** What a person sends to see whether it arrives; with what is hard to get right on the way. */
export function testNotice(host: string, at: Date, random: Random): Notice {
  const happening: Happening = {
    kind: "address-settled",
    at,
    title: "This is a test of esddns",
    detail: 'Nothing has happened. These characters arrive as they are: <b> & "quotes" *stars* _lines_ ☃',
  };
  return { id: newId(random), happening, host, isTest: true };
}

/** The last one for a while. */
export function heldBack({ kind, at }: Happening, most: number): Happening {
  const detail = `there were ${most} within the hour; the log and the dashboard have all of them`;
  return { kind, at, title: "Further messages are held back", detail };
}

function newId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("hex");
}
