import { type EmulatedAnswer, type EmulatedRequest, Emulator } from "#testing/emulators/emulator.ts";

/** What a service makes of a request: what a person then reads, if it took the message, and its answer. */
export interface Taken {
  readonly read?: string;
  readonly answer: EmulatedAnswer;
}

/** A service that takes messages, as strict as its vendor, and keeps them as a person would read them. */
export class MessageService extends Emulator {
  readonly texts: string[];

  constructor(take: (request: EmulatedRequest) => Taken) {
    const texts: string[] = [];
    super({
      isWrite: () => true,
      answer(request) {
        const { read, answer } = take(request);
        if (read !== undefined) texts.push(read);
        return answer;
      },
    });
    this.texts = texts;
  }
}

export function refuse(status: number, body: unknown): Taken {
  return { answer: { status, body } };
}

/**
 * What HTML of a few tags shows; `undefined` when it is not of that kind.
 *
 * @param tags as they are allowed, e.g. `b`; `br` is a line break
 */
export function renderHtml(html: string, tags: readonly string[]): string | undefined {
  const open: string[] = [];
  let text = "";
  for (const [token, tag, entity] of html.matchAll(/<(\/?[a-z]+)>|&(\w*;?)|[^<&>]+|[<&>]/gs)) {
    if (tag !== undefined) {
      if (tag === "br" && tags.includes("br")) text += "\n";
      else if (tag.startsWith("/")) {
        if (open.pop() !== tag.slice(1)) return undefined;
      } else if (tags.includes(tag)) open.push(tag);
      else return undefined;
    } else if (entity !== undefined) {
      const character = ENTITIES.get(entity);
      if (character === undefined) return undefined;
      text += character;
    } else if (/[<&>]/.test(token)) return undefined;
    else text += token;
  }
  return open.length === 0 ? text : undefined;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt;", "<"],
  ["gt;", ">"],
  ["amp;", "&"],
  ["quot;", '"'],
]);
