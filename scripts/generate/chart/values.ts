import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

/** A key of `values.yaml` that stands for itself: what is below it is its value. */
export interface ValueKey {
  readonly path: readonly string[];
  readonly standard: unknown;
  readonly description: string;
}

/**
 * Every key with a `# --` comment, in order.
 *
 * @throws {Error} for a value that neither it nor a key above it explains
 */
export function readValues(text: string): readonly ValueKey[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new TypeError("The values are no mapping");
  return keysOf(contents, []);
}

function keysOf(map: YAMLMap, above: readonly string[]): readonly ValueKey[] {
  return map.items.flatMap((pair, index) => {
    const path = [...above, keyOf(pair)];
    const comment = (isScalar(pair.key) && pair.key.commentBefore) || (index === 0 && map.commentBefore);
    const description = describe(comment || "");
    if (description !== undefined) return [{ path, description, standard: map.toJSON()[keyOf(pair)] }];
    if (isMap(pair.value)) return keysOf(pair.value, path);
    throw new TypeError(`values.yaml does not say what ${path.join(".")} is: expected a line "# -- ..."`);
  });
}

function keyOf({ key }: Pair): string {
  if (isScalar(key) && typeof key.value === "string") return key.value;
  throw new TypeError("A key of the values is no text");
}

/** The line behind `# --`; the comment may have others before it. */
function describe(comment: string): string | undefined {
  return /^ ?-- (.+)$/m.exec(comment)?.[1]?.trim();
}
