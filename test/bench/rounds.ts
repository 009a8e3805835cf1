/**
 * Measures all of them one after the other, `rounds` times, so that a neighbour's load falls on each. Every other round goes the
 * other way: who comes first finds other caches.
 */
export async function inTurn<R, K extends string>(
  rounds: number,
  measures: Readonly<Record<K, () => Promise<R>>>,
): Promise<Record<K, R[]>> {
  const names = Object.keys(measures) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as R[]])) as Record<K, R[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed())
      results[name].push(await measures[name]());
  }
  return results;
}

/** Runs `work` for each item, at most `concurrency` at a time. */
export async function concurrently<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, i: number) => Promise<void>,
) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next;
      next += 1;
      await work(items[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
