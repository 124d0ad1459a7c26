/**
 * Some of the items, each with the same chance, in random order; all of them when there are fewer.
 *
 * @param fraction uniform in [0, 1)
 */
export function drawSample<Item>(
  items: readonly Item[],
  size: number,
  fraction: () => number,
): readonly Item[] {
  const rest = [...items];
  const sample: Item[] = [];
  while (sample.length < size && rest.length > 0) {
    sample.push(...rest.splice(Math.floor(fraction() * rest.length), 1));
  }
  return sample;
}
