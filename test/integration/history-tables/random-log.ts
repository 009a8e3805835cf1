import { historyDecoder } from '../../../projector/history/upkeep/decoder.ts';
import type { HistorySchemas } from '../../../projector/history/upkeep/schemas.ts';
import { historyPool, historyWriter } from '../../../projector/history/upkeep/writer.ts';
import { migrateHistory } from '../../../projector/schemas/migrate.ts';
import type { DecodedEvent } from '../../../projector/write/decode.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { recorded, USER } from '../../unit/domain/given.ts';
import { type Happened, type History, live } from '../../unit/domain/histories.ts';

const logger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{8}(?=[0-9a-f]{4})/g;

/** The events of one customer, whose ids are their own. @param laterMs how much later all of it happened */
export function eventsOf(customer: number, steps: History, erased: boolean, laterMs = 0): DecodedEvent[] {
  const { happened, story } = live(steps, () => undefined);
  const end: Happened = {
    event: { type: 'UserErased', data: { userId: USER, emailBlocked: false } },
    now: story.now,
    role: 'staff',
  };
  const own = (text: string) =>
    text
      .replaceAll(UUID, (id) => `${id.slice(0, -4)}${(customer + 1_000).toString().padStart(4, '0')}`)
      .replaceAll(INSTANT, (instant) => new Date(Date.parse(instant) + laterMs).toISOString());
  return [...happened, ...(erased ? [end] : [])].map(({ event, now, role }, i) => {
    const one = recorded(JSON.parse(own(JSON.stringify(event))), i, { now: now + laterMs, role });
    const { userId } = one.event.data as { userId: string };
    const personal = { email: null, name: null, clientName: null };
    return { recorded: { ...one, stream: `user-${userId}` }, userId, personal, loggedAt: one.created };
  });
}

/** The customers' events by time, one after the other in the log. */
export function logOf(customers: readonly DecodedEvent[][]): DecodedEvent[] {
  const all = customers.flat();
  all.sort(
    (a, b) =>
      a.recorded.created.getTime() - b.recorded.created.getTime() ||
      a.recorded.revision - b.recorded.revision,
  );
  return all.map((event, i) => {
    const position = { commit: BigInt(i + 1), prepare: BigInt(i + 1) };
    return { ...event, recorded: { ...event.recorded, position } };
  });
}

/** Writes a log into tables of its own, in batches that end where `sizes` say. */
export async function writeHistoryTables(
  connectionString: string,
  schemas: HistorySchemas,
  log: readonly DecodedEvent[],
  sizes: readonly number[],
): Promise<void> {
  const own = historyPool({
    connectionString,
    schemas,
    applicationName: 'test',
    statementTimeoutMs: 60_000,
    logger,
  });
  try {
    await own.query(`DROP SCHEMA IF EXISTS ${schemas.fold}, ${schemas.history} CASCADE`);
    await migrateHistory(own, schemas, false);
    const writer = historyWriter(own, historyDecoder(logger), () => true);
    await writer.load();
    for (let from = 0, i = 0; from < log.length; i++) {
      const events = log.slice(from, from + (sizes[i % sizes.length] as number));
      const last = (events.at(-1) as DecodedEvent).recorded;
      const seen = events.map((event) => event.recorded);
      const decoded = {
        events,
        staff: [],
        seen,
        count: events.length,
        last: { ...last, type: '', data: {} },
      };
      const { stop } = await writer.write({ decoded, position: last.position } as never);
      if (stop) throw stop;
      from += events.length;
    }
    if (writer.parkedUsers > 0) throw new Error(`${writer.parkedUsers} users are parked`);
  } finally {
    await own.end();
  }
}
