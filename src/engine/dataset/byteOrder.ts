/** A surrogate: half of a character beyond U+FFFF, where UTF-16 and UTF-8 sort differently. */
const surrogate = /[\ud800-\udfff]/;

/**
 * Sorts in place by the bytes of the keys in UTF-8, ascending. JavaScript compares UTF-16 code units, which is the
 * same order unless surrogates are in it; only then are keys encoded.
 */
export function sortByBytes<T>(items: T[], keyOf: (item: T) => string): T[] {
  if (!items.some((item) => surrogate.test(keyOf(item)))) {
    return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  }
  const encoded = new Map(items.map((item) => [item, Buffer.from(keyOf(item))]));
  return items.sort((a, b) => Buffer.compare(encoded.get(a)!, encoded.get(b)!));
}
