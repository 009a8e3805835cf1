import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until `probe` answers something else than undefined or false, and answers that. For conditions
 * that come about in another process or on another connection.
 * @throws Error naming what was waited for, with the last error of the probe as its cause
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  let cause: unknown;
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await delay(10)) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause });
}
