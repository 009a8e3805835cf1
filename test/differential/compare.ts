import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Value } from './answers.ts';
import { Names } from './names.ts';
import type { Operation } from './operation.ts';
import type { Store } from './store.ts';

/** The first call of a sequence that two stores answer differently. */
export interface Difference {
  readonly operation: Operation;
  readonly answers: readonly [Value, Value];
}

/** Carries out the same calls, in order, on both stores; undefined if they answer alike. */
export async function compare(
  operations: readonly Operation[],
  stores: readonly [Store, Store],
): Promise<Difference | undefined> {
  const names = new Names(randomUUID());
  const [ours, theirs] = await Promise.all(stores.map((store) => performAll(store, operations, names)));
  const at = operations.findIndex((_, n) => !isDeepStrictEqual(ours?.[n], theirs?.[n]));
  if (at < 0) return undefined;
  return { operation: operations[at] as Operation, answers: [ours?.[at], theirs?.[at]] };
}

async function performAll(store: Store, operations: readonly Operation[], names: Names): Promise<Value[]> {
  const answers: Value[] = [];
  for (const [place, operation] of operations.entries()) {
    answers.push(await store.perform(operation, names, place));
  }
  const positions = new Map((await store.positions(names)).map((position, n) => [position, n]));
  return answers.map((answer) => withoutPositions(answer, positions));
}

/** Positions as the number of the run's event that stands there. */
function withoutPositions(value: Value, positions: ReadonlyMap<bigint, number>): Value {
  if (typeof value === 'bigint') return positions.get(value) ?? 'no event of this run';
  if (Array.isArray(value)) return value.map((item) => withoutPositions(item, positions));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutPositions(item, positions)]),
  );
}
