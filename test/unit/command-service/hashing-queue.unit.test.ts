import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HashingQueue, PasswordHashingBusy } from '../../../command-service/accounts/hashing-queue.ts';

/** A queue that hashes one at a time, each until the test says that it is done. */
function queueOf(maxWaiting = 100) {
  const queue = new HashingQueue({ maxConcurrent: 1, maxWaiting });
  const started: string[] = [];
  const running: (() => void)[] = [];
  const ask = (address: string, name: string, signal?: AbortSignal) =>
    queue.run({ address, signal }, () => {
      started.push(name);
      return new Promise<string>((resolve) => running.push(() => resolve(name)));
    });
  const finish = async () => {
    running.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { queue, started, ask, finish };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('passwords that wait to be hashed', () => {
  it('are taken from one address after another, and in order within one', async () => {
    const { queue, started, ask, finish } = queueOf();
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) => ask(name[0] as string, name));
    expect(queue.load).toEqual({ running: 1, waiting: 6 });
    for (let n = 0; n < 7; n += 1) await finish();
    expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
    expect(await Promise.all(all)).toHaveLength(7);
    expect(queue.load).toEqual({ running: 0, waiting: 0 });
  });

  it('wait for two seconds at most', async () => {
    const { queue, started, ask, finish } = queueOf();
    const first = ask('a', 'a1');
    const refused = expect(ask('b', 'b1')).rejects.toThrow(PasswordHashingBusy);
    await vi.advanceTimersByTimeAsync(2_000);
    await refused;
    await finish();
    await first;
    expect(started).toEqual(['a1']);
    expect(queue.load).toEqual({ running: 0, waiting: 0 });
  });

  it('are not hashed for a client who has hung up', async () => {
    const { started, ask, finish } = queueOf();
    const gone = new AbortController();
    const first = ask('a', 'a1');
    const left = Array.from({ length: 50 }, (_, n) =>
      expect(ask('a', `left${n}`, gone.signal)).rejects.toThrow(PasswordHashingBusy),
    );
    const next = ask('b', 'b1');
    gone.abort();
    await Promise.all(left);
    await expect(ask('a', 'late', gone.signal)).rejects.toThrow(PasswordHashingBusy);
    await finish();
    await finish();
    expect(await Promise.all([first, next])).toEqual(['a1', 'b1']);
    expect(started).toEqual(['a1', 'b1']);
  });

  it('are refused when too many wait: the last of the address that has most', async () => {
    const { ask, finish } = queueOf(3);
    const kept = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3')];
    const last = expect(ask('a', 'a4')).rejects.toThrow(PasswordHashingBusy);
    kept.push(ask('b', 'b1'));
    await last;
    await expect(ask('a', 'a5')).rejects.toThrow(PasswordHashingBusy);
    for (let n = 0; n < 4; n += 1) await finish();
    expect(await Promise.all(kept)).toEqual(['a1', 'a2', 'a3', 'b1']);
  });
});
