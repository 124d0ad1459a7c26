import { Document, isMap, isNode, isScalar, isSeq, type Scalar } from "yaml";
import type { Path } from "#config/raw.ts";

/**
 * YAML text with a remark behind each value.
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
  const remark = isNode(node) && path.length > 0 && isLeaf(node) ? remarkOf(path) : undefined;
  if (remark !== undefined && isNode(node)) node.comment = ` ${remark}`;
}

function isLeaf(node: unknown): node is Scalar {
  return (
    isScalar(node) || (isSeq(node) && node.items.length === 0) || (isMap(node) && node.items.length === 0)
  );
}
