export interface BenchmarkContext {
  /** How often a pair is measured. */
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  run(context: BenchmarkContext): Promise<void>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which the share `p` of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

/** Measures both in turn, `rounds` times, so that a neighbour's load falls on both; the medians and their ratio. */
export async function inPairs(
  rounds: number,
  ours: () => Promise<number>,
  limit: () => Promise<number>,
): Promise<{
  readonly ours: number;
  readonly limit: number;
  readonly ratio: number;
  readonly ratios: readonly number[];
}> {
  const pairs: { ours: number; limit: number }[] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push({ limit: await limit(), ours: await ours() });
  return {
    ours: median(pairs.map((pair) => pair.ours)),
    limit: median(pairs.map((pair) => pair.limit)),
    ratio: median(pairs.map((pair) => pair.ours / pair.limit)),
    ratios: pairs.map((pair) => pair.ours / pair.limit),
  };
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

export const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`;
