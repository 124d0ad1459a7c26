import path from "node:path";
import { Child } from "../child.ts";
import type { Home } from "./home.ts";
import type { ZoneHost } from "./name-servers.ts";

const SCRIPT = path.join(import.meta.dirname, "watch-record.ts");

/** What a record held at its name server from the start of the watch on: nothing that lasted 20 ms escapes it. */
export class RecordWatch implements AsyncDisposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Begun when the first answer is in. */
  static async start(
    home: Home,
    host: ZoneHost,
    name: string,
    type: "A" | "AAAA" = "A",
  ): Promise<RecordWatch> {
    const child = new Child([...home.inInternet, process.execPath, SCRIPT, host.address, name, type]);
    const watch = new RecordWatch(child);
    await child.until("the first answer", () => watch.#lines.length > 0);
    return watch;
  }

  /** One after the other, each the sorted values of the set, joined. */
  get seen(): readonly string[] {
    return this.#lines.map(({ values }) => values);
  }

  /** @returns when it came to hold this, in milliseconds since 1970 */
  until(values: string, within?: number): Promise<number> {
    const found = () => this.#lines.findLast((line) => line.values === values)?.at;
    return this.#child.until(`the record to hold ${values}`, found, within);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }

  get #lines() {
    const complete = this.#child.stdout.split("\n").slice(0, -1);
    return complete.map((line) => {
      const [at = "", values = ""] = line.split(" ");
      return { at: Number(at), values };
    });
  }
}
