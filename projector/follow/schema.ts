import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 1_000;

/**
 * Resolves once the database has every migration.
 * @param missing what it lacks, as `schema/file`
 * @param waiting called with that when it changes
 * @throws the signal's reason, or an error of PostgreSQL
 */
export async function waitForSchema(
  missing: () => Promise<readonly string[]>,
  waiting: (lacking: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let said = ''; ; await delay(POLL_MS, undefined, { signal })) {
    const lacking = (await missing()).join(', ');
    if (lacking === '') return;
    if (lacking !== said) waiting(lacking);
    said = lacking;
  }
}
