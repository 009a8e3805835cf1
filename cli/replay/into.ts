import { readFileSync } from 'node:fs';
import { buildAsOf } from '../../projector/as-of/build.ts';
import { AsOfRefused } from '../../projector/as-of/errors.ts';
import type { AsOfProgress, AsOfResult } from '../../projector/as-of/options.ts';
import { FeedStop } from '../../projector/errors.ts';
import { eventStoreFeed } from '../../projector/feeds/event-store.ts';
import type { Decoder } from '../../projector/write/decode.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { systemClock } from '../../shared/clock.ts';
import { createReader } from '../../shared/events/codec.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { ERASED } from '../../shared/vault/personal.ts';
import { Interrupted, type Io, UsageError } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { readLogConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { createProgress } from '../output/progress.ts';
import { writeTable } from '../output/table.ts';
import { openVault } from './source/vault.ts';

export interface ReplayIntoOptions {
  readonly schema: string;
  /** Milliseconds since 1970; undefined: now. */
  readonly asOf: number | undefined;
  readonly withPersonal: boolean;
  /** Drops what is there under this name and starts over. */
  readonly fresh: boolean;
}

const BATCH_EVENTS = 5_000;
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Schemas that belong to the system, or to PostgreSQL, whether they are there or not. */
const RESERVED = /^(read_model(_.*)?|usage|vault|relay|public|information_schema|pg_.*)$/;

/** @throws UsageError */
function checkName(schema: string): void {
  if (!NAME.test(schema)) {
    throw new UsageError(
      `--into ${schema}: a schema's name is a letter, then letters, digits and _, in lower case`,
    );
  }
  if (RESERVED.test(schema)) {
    throw new UsageError(
      `--into ${schema}: this name is the system's own; choose another, such as as_of_2026_01`,
    );
  }
}

/** Stands in for the vault where no personal data is wanted: everybody looks erased, and no key is needed. */
const WITHOUT_PERSONAL: Decoder['vault'] = {
  dataKeys: async (userIds) => new Map(userIds.map((userId) => [userId, ERASED])),
};

/** A bar for the loading; what follows is said in words. */
function reporter(io: Io) {
  const bar = createProgress({ stream: process.stderr, unit: 'events' });
  let indexing = false;
  return {
    update({ phase, events, fraction }: AsOfProgress) {
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

const number = (value: number): string => Math.round(value).toLocaleString('en');

function show({ asOf, built, events, position, rows, applied, seconds }: AsOfResult, schema: string, io: Io) {
  const when = new Date(asOf).toISOString();
  if (built) {
    const rate = seconds > 0 ? `, ${number(applied / seconds)}/s` : '';
    io.err(`Read ${number(applied)} events in ${seconds.toFixed(1)} s${rate}.`);
  } else io.err('It was complete already; nothing was done.');
  io.err(
    `Schema ${schema}: as of ${when}, ${number(events)} events of users${position ? `, up to ${position}` : ''}.`,
  );
  if (rows.parked_events)
    io.err(`${number(rows.parked_events)} events could not be applied: see parked_events.`);
  writeTable(io, ['table', 'rows'], Object.entries(rows));
}

const builtBy = (): string => {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return `${name} ${version}`;
};

async function build(options: ReplayIntoOptions, io: Io, signal: AbortSignal, logger: Logger): Promise<void> {
  const config = readLogConfig();
  const { schema, asOf, withPersonal, fresh } = options;
  const clock = systemClock;
  const opened = withPersonal ? await openVault() : undefined;
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const { update, end } = reporter(io);
  try {
    const result = await buildAsOf({
      ...{ schema, asOf, fresh, clock, logger, signal, progress: update },
      connectionString: config.DATABASE_URL,
      personal: withPersonal,
      builtBy: builtBy(),
      feed: eventStoreFeed(log, BATCH_EVENTS),
      decoder: { reader: createReader(), vault: opened?.vault ?? WITHOUT_PERSONAL },
    });
    end();
    show(result, schema, io);
  } finally {
    end();
    await Promise.all([log.close(), opened?.close()]);
  }
}

/**
 * Builds the read models as of a time into a schema of their own, for SQL: `replay --into`. Progress and what was done
 * go to standard error, the row counts of the tables to standard output (tab-separated).
 * @throws UsageError, Interrupted, AsOfRefused, ConfigError, FeedStop; EventStoreUnavailable, VaultUnavailable
 */
export async function replayInto(options: ReplayIntoOptions, io: Io): Promise<void> {
  checkName(options.schema);
  if (options.asOf !== undefined && options.asOf > systemClock()) {
    throw new UsageError('--as-of lies ahead: what is to come is not in the log');
  }
  const logger = toolLogger(readLogConfig().LOG_LEVEL);
  try {
    await interruptible((signal) => build(options, io, signal, logger));
  } catch (error) {
    if (error instanceof Interrupted) {
      throw new Interrupted('interrupted: run the same again and it goes on from here', error.exitCode);
    }
    if (error instanceof FeedStop && error.code === 'store_replaced') {
      throw new AsOfRefused(
        'replay_differs',
        `what was built so far comes from another event store (${error.message}): start over with --fresh`,
      );
    }
    if (!(error instanceof FeedStop)) throw error;
    throw new FeedStop(error.code, `${error.message}\n  ${error.wayOut}`, error.wayOut, {
      cause: error.cause,
    });
  }
}
