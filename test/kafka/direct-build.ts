import { eventStoreFeed } from '../../projector/feeds/event-store.ts';
import { buildUntil } from '../../projector/rebuild/build.ts';
import { compareSchemas } from '../../projector/rebuild/compare.ts';
import { migrateReadModel } from '../../projector/schemas/migrate.ts';
import { ReadModelWriter, writerSettings } from '../../projector/write/read-model-writer.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { createReader } from '../../shared/events/codec.ts';
import { createLogger } from '../../shared/logger.ts';
import type { System } from '../integration/projector/system.ts';

const BATCH_EVENTS = 5_000;
const silent = createLogger({ service: 'direct-check', level: 'silent' });

/**
 * Builds the read models by the direct feed alone, from the first event to the last, in a schema beside the live ones.
 * Answers each table's rows and hash in both, and whether they are the same.
 */
export async function compareWithDirect(
  { pool, log, vault, databaseUrl }: Pick<System, 'pool' | 'log' | 'vault' | 'databaseUrl'>,
  schema = 'direct_check',
) {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await migrateReadModel(pool, schema, false);
  await pool.query(`INSERT INTO ${schema}.skipped_events SELECT * FROM read_model.skipped_events`);
  const direct = createPool({
    connectionString: databaseUrl,
    applicationName: 'direct-check',
    max: 3,
    statementTimeoutMs: 600_000,
    settings: writerSettings(schema),
    logger: silent,
  });
  try {
    const writer = new ReadModelWriter({ pool: direct }, { reader: createReader(), vault });
    await writer.load();
    const feed = eventStoreFeed(log, BATCH_EVENTS);
    await buildUntil(feed, writer, await feed.end(), () => undefined);
    return await compareSchemas(direct, 'read_model', direct, schema);
  } finally {
    await direct.end();
  }
}

/** What is to come out: every table, the same rows. */
export const differing = (tables: Awaited<ReturnType<typeof compareWithDirect>>) =>
  tables.filter(({ equal }) => !equal);
