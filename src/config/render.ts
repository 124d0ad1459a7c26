import { Document, isMap, isScalar, isSeq } from "yaml";
import type { Path } from "#config/raw.ts";

/**
 * YAML text with a remark behind each plain value.
 *
 * @param remarkOf what to say of the value at a path; `undefined` for nothing
 */
export function renderYaml(values: unknown, remarkOf: (path: Path) => string | undefined): string {
  const document = new Document(values, { aliasDuplicateObjects: false });
  annotate(document.contents, [], remarkOf);
  // Unfolded: a folded text could not carry a remark
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function annotate(node: unknown, path: Path, remarkOf: (path: Path) => string | undefined): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      annotate(value, [...path, name], remarkOf);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) annotate(item, [...path, index], remarkOf);
  }
  // Behind an empty list or mapping the library would put it on a line of its own
  const remark = isScalar(node) ? remarkOf(path) : undefined;
  if (isScalar(node) && remark !== undefined) node.comment = ` ${remark}`;
}
