import { setTimeout as wait } from 'node:timers/promises';
import type { Imported, Importer } from '../../command-service/import/importer.ts';

/** Faults that pass: a store is restarted, its leader changes, the machine has too much to do. */
const PASSING: ReadonlySet<unknown> = new Set([
  'event_store_unavailable',
  'append_outcome_unknown',
  'vault_unavailable',
]);

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;

const isPassing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && PASSING.has(error.code);

/**
 * Tries again while a fault may pass, with longer and longer pauses: safe, because what was done already is found and left as
 * it is.
 * @param patienceMs for how long
 */
export function persistently(
  take: Importer['import'],
  signal: AbortSignal,
  patienceMs = 120_000,
): Importer['import'] {
  return async (customer): Promise<Imported> => {
    const until = performance.now() + patienceMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      const mayTryAgain = () => !signal.aborted && performance.now() + pause < until;
      try {
        const imported = await take(customer);
        // Others were changing the customer all the time.
        const isOvertaken = imported.kind === 'refused' && imported.refusal.code === 'conflict';
        if (!isOvertaken || !mayTryAgain()) return imported;
      } catch (error) {
        if (!isPassing(error) || !mayTryAgain()) throw error;
      }
      await wait(pause);
    }
  };
}
