import { z } from "zod";

const entrySchema = z.looseObject({ time: z.string(), level: z.string(), message: z.string() });

/** A line of an operator's log. */
export type Entry = z.output<typeof entrySchema>;

/** Lines of JSON out of a text that grows; each is read once. */
export class OperatorLog {
  readonly entries: Entry[] = [];
  /** What is no line of a log: a crash, a complaint. */
  readonly others: string[] = [];
  #read = 0;

  /** @param text all of it so far */
  update(text: string): void {
    if (text.length === this.#read) return;
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(this.#read, end).split("\n")) this.#take(line);
    this.#read = end;
  }

  #take(line: string): void {
    if (line.startsWith("{")) this.entries.push(entrySchema.parse(JSON.parse(line)));
    else if (line !== "") this.others.push(line);
  }
}

/** In milliseconds since 1970. */
export function timeOf({ time }: Entry): number {
  return Date.parse(time);
}
