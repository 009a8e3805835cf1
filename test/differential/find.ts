import fc from 'fast-check';
import { compare, type Difference } from './compare.ts';
import { directed } from './directed.ts';
import type { Operation } from './operation.ts';
import { sequences } from './random.ts';
import type { Store } from './store.ts';

export interface Finding extends Difference {
  /** A directed sequence's name, or the seed and path by which the random one comes again. */
  readonly found: string;
  /** The calls that show it, the random ones shortened as far as they go. */
  readonly sequence: readonly Operation[];
}

export interface Search {
  readonly stores: readonly [Store, Store];
  readonly seed: number;
  /** Random sequences to try, after the directed ones. */
  readonly runs: number;
  /** From an earlier finding: only that sequence is tried again. */
  readonly path?: string | undefined;
}

/** Every directed sequence that the stores answer differently, and the first random one. */
export async function findDifferences({ stores, seed, runs, path }: Search): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [found, sequence] of path === undefined ? Object.entries(directed) : []) {
    const difference = await compare(sequence, stores);
    if (difference) findings.push({ found, sequence, ...difference });
  }
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const difference = await compare(sequence, stores);
    if (difference) throw new Differs(difference);
  });
  const result = await fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) });
  if (!result.failed) return findings;
  const { errorInstance: error, counterexample, counterexamplePath } = result;
  if (!(error instanceof Differs)) throw error;
  const [sequence = []] = counterexample ?? [];
  return [
    ...findings,
    { found: `--seed ${seed} --path ${counterexamplePath}`, sequence, ...error.difference },
  ];
}

/** How a property fails for fast-check, and nothing else. */
class Differs extends Error {
  readonly difference: Difference;
  constructor(difference: Difference) {
    super('the stores answer differently');
    this.name = 'Differs';
    this.difference = difference;
  }
}
