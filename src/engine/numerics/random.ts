/**
 * A generator of uniform numbers in [0, 1) that gives the same ones for the same seed on every machine.
 * splitmix32: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with 32 bits of state.
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
}

/**
 * `count` different whole numbers of 0 to `from` - 1, ascending; every such set is equally likely (Fisher and Yates).
 *
 * @throws RangeError when there are not that many
 */
export function sample(count: number, from: number, random: () => number): Int32Array {
  if (count > from) throw new RangeError(`There are no ${count} different numbers below ${from}.`);
  const all = Int32Array.from({ length: from }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (from - i));
    const chosen = all[other]!;
    all[other] = all[i]!;
    all[i] = chosen;
  }
  return all.slice(0, count).sort();
}
