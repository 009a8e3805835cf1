import type { History, Violation } from '../history.ts';
import { after, eventsByUser, NOBODY } from './fold.ts';

/**
 * Every user's rows contain every event of that user. Nobody is parked: no event of a run is malformed, and what a fault
 * does to the databases is no reason.
 */
export function skippedEvents({ log, rows }: History): Violation[] {
  const promise = 'no event is skipped' as const;
  const byUser = new Map(rows.map((row) => [row.userId, row]));
  return eventsByUser(log)
    .entries()
    .flatMap(([userId, events]): Violation[] => {
      const last = events.at(-1)?.revision;
      const row = byUser.get(userId);
      if (row?.parked) return [{ promise, detail: `${userId} is parked` }];
      if (row?.revision === last) return [];
      return [{ promise, detail: `${userId} is at ${row?.revision ?? 'no row'}, the log at ${last}` }];
    })
    .toArray();
}

/** The licenses' rows are what the events make of them, and no activation was counted twice. */
export function doubledEffects({ log, rows, activationsByDay }: History): Violation[] {
  const promise = 'each event changes the read models once' as const;
  const violations: Violation[] = [];
  const users = eventsByUser(log);
  for (const { userId, licenses, parked } of rows) {
    if (parked) continue;
    const expected = (users.get(userId) ?? []).reduce(after, NOBODY).licenses;
    for (const licenseId of new Set([...licenses.keys(), ...expected.keys()])) {
      const [row, wanted] = [licenses.get(licenseId), expected.get(licenseId)];
      if (row !== wanted)
        violations.push({ promise, detail: `${licenseId} is ${row}, and by its events ${wanted}` });
    }
  }
  const activated = log.filter(({ type }) => type === 'LicenseActivated').length;
  if (activated !== activationsByDay) {
    violations.push({
      promise,
      detail: `${activationsByDay} activations were counted, the log has ${activated}`,
    });
  }
  return violations;
}

/** Every view in Redis says what the rows say. */
export const oldViews = ({ views }: History): Violation[] =>
  views
    .filter(({ cached, row }) => cached !== row)
    .map(({ key, cached, row }) => ({
      promise: 'what ended is not answered as valid' as const,
      detail: `${key} in Redis says ${cached}, the row says ${row}`,
    }));

export const differsFromRebuild = ({ compared }: History): Violation[] =>
  compared
    .filter(({ equal }) => !equal)
    .map(({ table }) => ({
      promise: 'a rebuild equals the live read models' as const,
      detail: `${table} differs`,
    }));
