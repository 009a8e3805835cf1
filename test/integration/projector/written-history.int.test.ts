import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LogInUse } from '../../../local/event-store/log/session.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { ERASED } from '../../../shared/vault/personal.ts';
import { writeHistory } from '../../support/population/history.ts';
import { createSystem, MASTER_KEY, projected, type System } from './system.ts';

const optionsFor = (system: System) => ({
  eventStoreDatabaseUrl: system.storeDatabaseUrl,
  databaseUrl: system.databaseUrl,
  masterKey: createSecretKey(Buffer.from(MASTER_KEY, 'base64url')),
  events: 4_000,
  users: 300,
});

/** Stops the event store, writes a history into its table, and starts it again. */
async function seed(system: System) {
  let summary: Awaited<ReturnType<typeof writeHistory>> | undefined;
  await system.replaceStore(system.storeDatabaseUrl, async () => {
    summary = await writeHistory(optionsFor(system));
  });
  return summary as Awaited<ReturnType<typeof writeHistory>>;
}

describe('a history written straight into the log', () => {
  it('is what the write side would have left: every event decodes, in order, and opens under its user’s key', async () => {
    await using system = await createSystem();
    const summary = await seed(system);
    const events = await Array.fromAsync(system.log.readAll());
    expect(events).toHaveLength(4_000);
    expect(summary).toMatchObject({ events: 4_000, users: 300, head: 4_000 });
    expect(summary.erased).toBeGreaterThan(0);
    expect(summary.emailsTakenAgain).toBeGreaterThan(0);

    const reader = createReader();
    const decoded = events.map((event) => reader.decode(event));
    expect(decoded.every(({ created }, i) => i === 0 || created >= (decoded[i - 1]?.created ?? 0))).toBe(
      true,
    );
    for (const [stream, own] of Map.groupBy(events, (event) => event.stream)) {
      expect(own.map(({ revision }) => revision)).toEqual(own.map((_, i) => i));
      if (stream.startsWith('email-')) expectReservations(own);
    }
    const made = events.filter(({ type }) => type === 'UserSignedUp' || type === 'UserAdded');
    const keys = await system.vault.dataKeys(made.map(({ data }) => String(data.userId)));
    const emails = made.flatMap(({ data }) => {
      const key = keys.get(String(data.userId)) ?? ERASED;
      return reader.unseal(['UserSignedUp', 'UserAdded'], String(data.personal), key).email ?? [];
    });
    expect(new Set(emails).size).toBe(300 - summary.erased);
  });

  it('is projected without an event that can’t be', async () => {
    await using system = await createSystem();
    const summary = await seed(system);
    await system.project();
    await projected(system, `${summary.head}/${summary.head}`);
    const { rows } = await system.pool.query(
      `SELECT count(*)::int AS users, count(*) FILTER (WHERE status = 'erased')::int AS erased,
         (SELECT count(*)::int FROM read_model.parked_events) AS parked,
         (SELECT max(active)::int FROM (SELECT count(*) AS active FROM read_model.licenses
            WHERE status = 'active' GROUP BY user_id) AS by_user) > 1 AS several
       FROM read_model.users`,
    );
    expect(rows).toEqual([{ users: 300, erased: summary.erased, parked: 0, several: true }]);
  });

  it('is not written under a running event store', async () => {
    await using system = await createSystem();
    await expect(writeHistory(optionsFor(system))).rejects.toBeInstanceOf(LogInUse);
  });
});

/** Reserved and released by turns, each release by the one who held it. */
function expectReservations(events: readonly RecordedEvent[]): void {
  events.forEach(({ type, data }, i) => {
    expect(type).toBe(i % 2 === 0 ? 'EmailReserved' : 'EmailReleased');
    if (i % 2 === 1) expect(data.userId).toBe(events[i - 1]?.data.userId);
    else if (i > 0) expect(data.userId).not.toBe(events[i - 1]?.data.userId);
  });
}
