import { setTimeout as wait } from 'node:timers/promises';

const PAUSE_MS = 25;

/** Asks until the answer is true, for at most `ms` or until the signal fires. Answers whether it was true. */
export async function untilTrue(
  ms: number,
  signal: AbortSignal,
  ask: () => Promise<boolean>,
): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!(await ask())) {
    if (signal.aborted || performance.now() >= deadline) return false;
    await wait(PAUSE_MS);
  }
  return true;
}
