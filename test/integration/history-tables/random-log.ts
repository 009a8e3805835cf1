import { historyDecoder } from '../../../projector/history/upkeep/decoder.ts';
import type { HistorySchemas } from '../../../projector/history/upkeep/schemas.ts';
import { historyPool, historyWriter } from '../../../projector/history/upkeep/writer.ts';
import { migrateHistory } from '../../../projector/schemas/migrate.ts';
import type { DecodedBatch, DecodedEvent } from '../../../projector/write/decode.ts';
import type { ReadModelWriter } from '../../../projector/write/read-model-writer.ts';
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

/** How a load is cut: batches of a transaction, and rows kept from one to the next. */
export interface Loading {
  readonly batches: number;
  readonly keptRows: number;
}

/**
 * Writes a log into tables of its own, in batches that end where `sizes` say.
 * @param loading in transactions of several batches, as a first build does
 */
export async function writeHistoryTables(
  connectionString: string,
  schemas: HistorySchemas,
  log: readonly DecodedEvent[],
  sizes: readonly number[],
  loading?: Loading,
): Promise<void> {
  await using own = poolOf(connectionString, schemas);
  await own.pool.query(`DROP SCHEMA IF EXISTS ${schemas.fold}, ${schemas.history} CASCADE`);
  await migrateHistory(own.pool, schemas, false);
  const writer = historyWriter(own.pool, historyDecoder(logger), () => true, loading?.keptRows);
  await writer.load();
  const batches = batchesOf(log, sizes);
  if (loading) {
    const source = (async function* () {
      yield* batches;
    })();
    let [taken, told] = [0, 0];
    const enough = ({ decoded }: DecodedBatch) => {
      told += decoded.count;
      return ++taken % loading.batches === 0;
    };
    while (await writer.writeTogether(source, enough));
    if (told !== log.length) throw new Error(`told of ${told} events of ${log.length}`);
  } else await write(writer, batches);
  if (writer.parkedUsers > 0) throw new Error(`${writer.parkedUsers} users are parked`);
}

/** Writes what comes next in the log into tables that are there. */
export async function addToHistoryTables(
  connectionString: string,
  schemas: HistorySchemas,
  log: readonly DecodedEvent[],
  sizes: readonly number[],
): Promise<void> {
  await using own = poolOf(connectionString, schemas);
  const writer = historyWriter(own.pool, historyDecoder(logger), () => true);
  await writer.load();
  await write(writer, batchesOf(log, sizes));
}

function poolOf(connectionString: string, schemas: HistorySchemas) {
  const settings = { schemas, applicationName: 'test', statementTimeoutMs: 60_000, logger };
  const pool = historyPool({ connectionString, ...settings });
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}

async function write(writer: ReadModelWriter, batches: Iterable<DecodedBatch>): Promise<void> {
  for (const batch of batches) {
    const { stop } = await writer.write(batch);
    if (stop) throw stop;
  }
}

function* batchesOf(log: readonly DecodedEvent[], sizes: readonly number[]): Generator<DecodedBatch> {
  for (let from = 0, i = 0; from < log.length; i++) {
    const events = log.slice(from, from + (sizes[i % sizes.length] as number));
    const last = (events.at(-1) as DecodedEvent).recorded;
    const seen = events.map((event) => event.recorded);
    const decoded = { events, staff: [], seen, count: events.length, last: { ...last, type: '', data: {} } };
    yield { decoded, position: last.position };
    from += events.length;
  }
}
