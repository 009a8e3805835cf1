import { describe, expect, it } from 'vitest';
import { UserBusy, UserQueue } from '../../../command-service/execute/loop/user-queue.ts';

const gate = () => Promise.withResolvers<void>();

describe('the queue of a user', () => {
  it('runs one job at a time, in the order they came', async () => {
    const queue = new UserQueue();
    const order: string[] = [];
    const opened = gate();
    const jobs = ['a', 'b', 'c'].map((name) =>
      queue.run('user', async () => {
        order.push(`${name} begins`);
        if (name === 'a') await opened.promise;
        order.push(`${name} ends`);
      }),
    );
    await Promise.resolve();
    expect(order).toEqual(['a begins']);
    opened.resolve();
    await Promise.all(jobs);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('does not make users wait for each other', async () => {
    const queue = new UserQueue();
    const opened = gate();
    const first = queue.run('one', () => opened.promise);
    await expect(queue.run('other', async () => 'done')).resolves.toBe('done');
    opened.resolve();
    await first;
  });

  it('goes on after a job that failed, and tells only who called it', async () => {
    const queue = new UserQueue();
    const failed = queue.run('user', () => Promise.reject(new Error('no')));
    const next = queue.run('user', async () => 'done');
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('done');
  });

  it('does not begin a job that has waited for so long that nobody waits for it any more', async () => {
    let now = 0;
    const queue = new UserQueue({ maxWaitMs: 20, now: () => now });
    const opened = gate();
    const begins = gate();
    const first = queue.run('user', () => {
      begins.resolve();
      return opened.promise;
    });
    await begins.promise;
    let begun = false;
    const late = queue.run('user', async () => {
      begun = true;
    });
    const refused = expect(late).rejects.toThrow(UserBusy);
    now = 21;
    opened.resolve();
    await Promise.all([first, refused]);
    expect(begun).toBe(false);
    await expect(queue.run('user', async () => 'again')).resolves.toBe('again');
  });

  it('refuses whoever comes when the line is full, and forgets a user without work', async () => {
    const queue = new UserQueue({ maxWaiting: 2 });
    const opened = gate();
    const jobs = [1, 2, 3].map(() => queue.run('user', () => opened.promise));
    await expect(queue.run('user', async () => undefined)).rejects.toThrow(UserBusy);
    expect(queue.size).toBe(1);
    opened.resolve();
    await Promise.all(jobs);
    expect(queue.size).toBe(0);
    await expect(queue.run('user', async () => 'again')).resolves.toBe('again');
  });
});
