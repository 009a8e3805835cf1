import { setTimeout as delay } from 'node:timers/promises';

export interface Kept {
  /** How long after its time each piece of work was begun, in milliseconds: the load generator's own doing. */
  readonly lateMs: readonly number[];
  readonly seconds: number;
}

/**
 * An open loop: begins `work` at a steady rate, whether or not what was begun before is done, and resolves when all of it is. What
 * is slow can so not slow down the load.
 * `dueAt` is the time, by performance.now(), at which the work was to begin: from there a client waits.
 */
export async function atRate(
  rate: number,
  seconds: number,
  work: (i: number, dueAt: number) => Promise<void>,
): Promise<Kept> {
  const count = Math.round(rate * seconds);
  const start = performance.now();
  const lateMs: number[] = [];
  const begun: Promise<void>[] = [];
  while (begun.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * rate) + 1);
    for (let i = begun.length; i < due; i += 1) {
      const dueAt = start + (i / rate) * 1_000;
      lateMs.push(performance.now() - dueAt);
      const begins = work(i, dueAt);
      begins.catch(() => 'thrown below');
      begun.push(begins);
    }
    // A timer waits for a millisecond at least, which is nothing beside what is measured.
    await delay(1);
  }
  await Promise.all(begun);
  return { lateMs, seconds: (performance.now() - start) / 1_000 };
}
