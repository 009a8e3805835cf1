import { eventStoreFeed } from '../../projector/feeds/event-store.ts';
import { historyDecoder } from '../../projector/history/upkeep/decoder.ts';
import { HISTORY_TABLES } from '../../projector/history/upkeep/errors.ts';
import { exclusively } from '../../projector/history/upkeep/exclusive.ts';
import {
  type UpdateProgress,
  type UpdateResult,
  updateTables,
} from '../../projector/history/upkeep/update.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../shared/clock.ts';
import { Interrupted, type Io, parseOptions } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { readHistoryConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { createProgress } from '../output/progress.ts';
import { withWayOut } from './way-out.ts';

/** Events that are read at once. */
const BATCH_EVENTS = 5_000;

const number = (value: number): string => Math.round(value).toLocaleString('en');

/** A bar for the loading; what follows is said in words. */
function reporter(io: Io) {
  const bar = createProgress({ stream: process.stderr, unit: 'events' });
  let indexing = false;
  return {
    update({ phase, events, fraction }: UpdateProgress) {
      if (phase === 'building') bar.update({ count: events, fraction });
      else if (!indexing) {
        indexing = true;
        bar.end();
        io.err('making the indexes …');
      }
    },
    end: () => bar.end(),
  };
}

function show({ events, seconds, position, parkedUsers, differing }: UpdateResult, io: Io): void {
  const rate = events > 0 ? ` (${number(events / seconds)}/s)` : '';
  io.err(`Applied ${number(events)} events in ${seconds.toFixed(1)} s${rate}.`);
  io.err(position ? `The history tables hold everything up to ${position}.` : 'The event log is empty.');
  if (parkedUsers > 0) {
    io.err(`${number(parkedUsers)} users have events that could not be applied: see history-tables status.`);
  }
  if (differing.length > 0) {
    io.err(
      `${number(differing.length)} events were skipped by an operator after these tables had them: history-tables rebuild leaves them out.`,
    );
  }
}

/** Brings the history tables to where the log ends. */
export async function update(args: readonly string[], io: Io): Promise<void> {
  parseOptions(args, { options: {} });
  const config = readHistoryConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  const connectionString = config.HISTORY_DATABASE_URL ?? config.DATABASE_URL;
  const pool = createPool({ connectionString, applicationName: 'cli history-tables', max: 1, logger });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const { update: progress, end } = reporter(io);
  try {
    const result = await interruptible((signal) =>
      exclusively(pool, () =>
        updateTables({
          connectionString,
          liveConnectionString: config.DATABASE_URL,
          feed: eventStoreFeed(log, BATCH_EVENTS, HISTORY_TABLES),
          decoder: historyDecoder(logger),
          ...{ clock: systemClock, logger, signal, progress },
        }),
      ),
    );
    end();
    show(result, io);
  } catch (error) {
    if (error instanceof Interrupted) {
      throw new Interrupted('interrupted: run the same again and it goes on from here', error.exitCode);
    }
    throw withWayOut(error);
  } finally {
    end();
    await Promise.all([log.close(), pool.end()]);
  }
}
