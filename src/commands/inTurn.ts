/** Does the same with each, a few at a time, and no more once it is cancelled: what is left then is missing at the end of the result. Rejects as the first that does. */
export async function inTurn<A, B>(
  all: readonly A[],
  work: (one: A) => Promise<B>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
  atOnce = 3,
): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  let done = 0;
  const run = async (): Promise<void> => {
    while (next < all.length && !signal.aborted) {
      const at = next++;
      results[at] = await work(all[at]!);
      onProgress({ done: ++done, total: all.length });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return results;
}
