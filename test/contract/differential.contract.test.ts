import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Value } from '../differential/answers.ts';
import { findDifferences } from '../differential/find.ts';
import type { Operation } from '../differential/operation.ts';
import { connectStore, type Store } from '../differential/store.ts';
import { type StoreUnderTest, startLocalStore, storeUnderTest } from './event-store/event-store.ts';

const SEED = 9;
let servers: StoreUnderTest[];
let stores: [Store, Store];
beforeAll(async () => {
  servers = [await startLocalStore(), await storeUnderTest()];
  const [ours, theirs] = servers.map((server) => connectStore(server.connectionString));
  stores = [await (ours as Promise<Store>), await (theirs as Promise<Store>)];
});
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const server of servers) await server[Symbol.asyncDispose]();
});

test('The local store answers like the store under test', async () => {
  expect(await findDifferences({ stores, seed: SEED, runs: 40 })).toEqual([]);
}, 120_000);

/** What a store would do that had one fault: to the call before it, or to the answer behind it. */
const faults: Readonly<
  Record<string, { call?: (call: Operation, place: number) => Operation; answer?: (answer: Value) => Value }>
> = {
  'appends a repeat again': {
    call: (call, place) =>
      call.call === 'append' && call.expected === 'any'
        ? { ...call, events: call.events.map((event) => ({ ...event, id: event.id + 100 * (place + 1) })) }
        : call,
  },
  'ends a read early, as if it were whole': {
    answer: (answer) =>
      typeof answer === 'object' && 'seen' in answer && (answer.seen as Value[]).length > 2
        ? { ...answer, seen: (answer.seen as Value[]).slice(0, -1) }
        : answer,
  },
  'says another position': {
    answer: (answer) =>
      typeof answer === 'object' && 'appended' in answer ? { ...answer, position: undefined } : answer,
  },
  'reads one event too many': {
    call: (call) => (call.call === 'readAll' && call.count === 1 ? { ...call, count: 2 } : call),
  },
};

describe.each(Object.entries(faults))('Of a store that %s', (_, { call, answer }) => {
  const planted = (store: Store): Store => ({
    ...store,
    perform: async (operation, names, place) => {
      const given = await store.perform(call?.(operation, place) ?? operation, names, place);
      return answer?.(given) ?? given;
    },
  });

  test('the tester tells, with calls that show it again', async () => {
    const search = { stores: [stores[0], planted(stores[0])] as const, seed: SEED, runs: 200 };
    const random = (await findDifferences(search)).find(({ found }) => found.startsWith('--seed'));
    expect(random?.answers[0]).not.toEqual(random?.answers[1]);
    expect(random?.sequence.length).toBeLessThanOrEqual(4);
    const path = random?.found.split(' ').at(-1);
    const again = await findDifferences({ ...search, path });
    expect(again.map(({ found, sequence }) => ({ found, sequence }))).toEqual([
      { found: random?.found, sequence: random?.sequence },
    ]);
  }, 120_000);
});
