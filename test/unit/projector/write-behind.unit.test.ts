import { describe, expect, test } from 'vitest';
import type { DecodedBatch, DecodedEvent } from '../../../projector/write/decode.ts';
import { WriteBehind } from '../../../projector/write/write-behind.ts';

const batch = (...ids: string[]): DecodedBatch => ({
  decoded: {
    events: ids.map((id) => ({ userId: id }) as DecodedEvent),
    staff: [],
    seen: [],
    count: ids.length,
    last: undefined,
  },
  position: { commit: BigInt(ids.length), prepare: 0n },
});
const idsOf = ({ decoded }: DecodedBatch) => decoded.events.map(({ userId }) => userId).join('');

/** Writes that the test lets pass one by one. */
function gate(maxEvents = 100) {
  const written: string[] = [];
  const positions: bigint[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const failures: unknown[] = [];
  const behind = new WriteBehind({
    maxEvents,
    failed: (error) => failures.push(error),
    write: async (next) => {
      written.push(idsOf(next));
      positions.push(next.position.commit);
      const pass = Promise.withResolvers<void>();
      gates.push(pass);
      await pass.promise;
    },
  });
  const turns = async () => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    behind,
    written,
    positions,
    failures,
    turns,
    async pass() {
      await turns();
      gates.shift()?.resolve();
      await turns();
    },
    async fail(error: Error) {
      await turns();
      gates.shift()?.reject(error);
      await turns();
    },
  };
}

describe('writing behind', () => {
  test('begins at once, and writes together what came meanwhile', async () => {
    const { behind, written, pass, turns } = gate();
    await behind.add(batch('a'));
    await turns();
    expect(written).toEqual(['a']);
    await behind.add(batch('b'));
    await behind.add(batch('c', 'd'));
    expect(written).toEqual(['a']);
    await pass();
    expect(written).toEqual(['a', 'bcd']);
    await pass();
    await behind.idle();
    expect(written).toEqual(['a', 'bcd']);
  });

  test('is as far as the furthest of the batches that are written together, and not as the last', async () => {
    const { behind, positions, pass } = gate();
    await behind.add(batch('a'));
    await behind.add(batch('b', 'c', 'd'));
    await behind.add(batch('e', 'f'));
    await pass();
    await pass();
    await behind.idle();
    expect(positions).toEqual([1n, 3n]);
  });

  test('takes no more than fits into the next transaction', async () => {
    const { behind, pass, turns } = gate(2);
    await behind.add(batch('a'));
    await turns();
    let room = false;
    const added = behind.add(batch('b', 'c')).then(() => {
      room = true;
    });
    await turns();
    expect(room).toBe(false);
    await pass();
    await pass();
    await added;
    expect(room).toBe(true);
  });

  test('has room once what was added is written, whatever other work is still to be done', async () => {
    const { behind, pass } = gate(2);
    let left = 50;
    const other = (): void =>
      behind.run(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        left -= 1;
        if (left > 0) other();
      });
    other();
    const added = behind.add(batch('a', 'b'));
    await pass();
    await added;
    expect(left).toBeGreaterThan(0);
    await behind.idle();
  });

  test('does other work in between, in order', async () => {
    const { behind, written, pass } = gate();
    await behind.add(batch('a'));
    behind.run(async () => void written.push('other'));
    await pass();
    expect(written).toEqual(['a', 'other']);
  });

  test('writes nothing behind a failure, and tells of it once', async () => {
    const { behind, written, failures, fail } = gate();
    await behind.add(batch('a'));
    await behind.add(batch('b'));
    const error = new Error('refused');
    await fail(error);
    await behind.add(batch('c'));
    await behind.idle();
    expect(written).toEqual(['a']);
    expect(failures).toEqual([error]);
    expect(behind.failure).toEqual({ error });
  });
});
