import { FeedStop, RebuildRefused } from '../../projector/errors.ts';
import { eventStoreFeed } from '../../projector/feeds/event-store.ts';
import { outdateCaches } from '../../projector/rebuild/caches.ts';
import type { RebuildResult } from '../../projector/rebuild/options.ts';
import { LIVE_READ_MODELS } from '../../projector/rebuild/read-models.ts';
import { rebuild } from '../../projector/rebuild/rebuild.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../../shared/adapters/redis/client.ts';
import { pingRedis } from '../../shared/adapters/redis/ping.ts';
import { systemClock } from '../../shared/clock.ts';
import { createReader } from '../../shared/events/codec.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { loadMasterKey } from '../../shared/vault/master-key.ts';
import { createVault } from '../../shared/vault/postgres-vault.ts';
import type { Command, Io } from '../command-line/command.ts';
import { readRebuildConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { type RebuildChoices, readRebuildChoices } from '../rebuild/choices.ts';
import { rebuildReporter, showRebuild } from '../rebuild/report.ts';

const BATCH_EVENTS = 5_000;
const REDIS_TIMEOUT_MS = 5_000;

type Config = ReturnType<typeof readRebuildConfig>;
/** A license that is not there any more has no position that would make its view the later one. */
const lost = ({ comparison = [] }: RebuildResult): boolean =>
  comparison.some(
    ({ table, live, rebuilt }) => table === 'licenses' && Number(rebuilt.rows) < Number(live.rows),
  );

async function refreshCaches(config: Config, result: RebuildResult, force: boolean, io: Io, logger: Logger) {
  if (!config.REDIS_URL) {
    io.err(
      'REDIS_URL is not set: remove the keys user:*, license:* and projector:checkpoint from your Redis.',
    );
    return;
  }
  const redis = connectRedis({ url: config.REDIS_URL, name: 'cli rebuild', logger });
  try {
    await pingRedis(redis, AbortSignal.timeout(REDIS_TIMEOUT_MS));
    await outdateCaches(redis, force || lost(result));
  } finally {
    redis.disconnect();
  }
}

async function run(config: Config, choices: RebuildChoices, io: Io): Promise<void> {
  const logger = toolLogger(config.LOG_LEVEL);
  const clock = systemClock;
  const masterKey = await loadMasterKey(config, logger);
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const connectionString = config.VAULT_DATABASE_URL ?? config.DATABASE_URL;
  const vaultPool = createPool({ connectionString, applicationName: 'cli rebuild', max: 2, logger });
  try {
    const result = await rebuild({
      ...choices,
      rebuilt: LIVE_READ_MODELS,
      connectionString: config.DATABASE_URL,
      feed: eventStoreFeed(log, BATCH_EVENTS),
      decoder: { reader: createReader(), vault: createVault({ db: vaultPool, masterKey, clock }) },
      clock,
      logger,
      progress: rebuildReporter(io),
    });
    const equal = showRebuild(result, io);
    if (result.switched) io.err('Switched: the rebuilt read models are live.');
    if (result.switched && (!equal || choices.force))
      await refreshCaches(config, result, choices.force === true, io, logger);
    if (!equal && !result.switched) {
      throw new RebuildRefused(
        'rebuild_differs',
        choices.compareOnly
          ? 'the live read models are not what the log gives'
          : 'rows differ, so nothing was switched; if they are meant to, run again with --accept-differences',
      );
    }
  } finally {
    await Promise.all([log.close(), vaultPool.end()]);
  }
}

/** Rebuilds the read models, compares, switches. */
export const rebuildCommand: Command = {
  name: 'rebuild',
  summary: 'rebuild the read models from the event log, beside the live ones, and switch',
  usage: `rebuild [--compare-only] [--accept-differences] [--keep-old] [--fresh] [--force] [--drop-dependents]

Builds in the schema read_model_next, catches up, compares row counts and hashes of each table at the same position, and
switches in one transaction. The services go on meanwhile and notice nothing. After an interruption, run it again: it
continues where it was.

  --compare-only        tell whether the live read models are what the log gives, and switch nothing
  --accept-differences  switch although rows differ: after a change of the projections they are meant to
  --keep-old            keep the replaced read models as schema read_model_old until the next rebuild
  --drop-dependents     drop what others have hung on the tables: views, materialized views, foreign keys, triggers. A
                        rebuild is refused for it otherwise, with their names. Grants are kept, those of columns too
  --fresh               drop what an interrupted rebuild has left, and start from the first event
  --force               take the log as it is: the live read models are lost, broken, or come from another event store. Nothing
                        is compared, and the result may be older; events that operators skipped are applied again. The
                        views in Redis are removed. Restart the query nodes afterwards if the event store was replaced.

Standard output has the comparison (piped: tab-separated). Exit code 1 if rows differ and nothing was switched.

Settings: DATABASE_URL, VAULT_DATABASE_URL, EVENTSTORE_URL, REDIS_URL, VAULT_MASTER_KEY or VAULT_MASTER_KEY_FILE.`,
  async run(args, io) {
    const choices = readRebuildChoices(args);
    try {
      await run(readRebuildConfig(), choices, io);
    } catch (error) {
      if (!(error instanceof FeedStop)) throw error;
      throw new RebuildRefused(error.code, `${error.message}\n  ${error.wayOut}`, { cause: error.cause });
    }
  },
};
