import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import type { EventLog } from '../../shared/event-log/event-log.ts';
import { createReader } from '../../shared/events/codec.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import { Interrupted, type Io } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { readDaysConfig, readEventStoreConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { createProgress } from '../output/progress.ts';
import { ReaderGone } from '../output/stream-writer.ts';
import type { ReplayOptions, SinkTarget } from './options/options.ts';
import { runExport } from './run.ts';
import { openSink } from './sinks/open-sink.ts';
import { findDays } from './source/days.ts';
import { checkRange } from './source/range.ts';
import { openVault } from './source/vault.ts';

type VaultKeys = Pick<Vault, 'dataKeys'>;

/**
 * Exports the events that are asked for.
 * @throws ConfigError, UsageError, ExportRefused, PlanUnknown, Interrupted, UnknownEvent, EventStoreUnavailable, and what
 *   the vault and the target throw
 */
export async function exportEvents(request: ReplayOptions<SinkTarget>, io: Io): Promise<void> {
  const config = readEventStoreConfig();
  const opened = request.criteria.withPersonal ? await openVault() : undefined;
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  try {
    await checkRange(log, request.criteria);
    await interruptible((signal) => run(log, request, opened?.vault, signal, io));
  } catch (error) {
    // `| head` has all it wanted.
    if (!(error instanceof ReaderGone)) throw error;
  } finally {
    await Promise.all([log.close(), opened?.close()]);
  }
}

async function run(
  log: EventLog,
  { criteria, target }: ReplayOptions<SinkTarget>,
  vault: VaultKeys | undefined,
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const sink = await openSink(criteria, target, io);
  const progress = createProgress({ stream: process.stderr, unit: 'events' });
  const from = performance.now();
  try {
    const warn = (line: string) => {
      progress.end();
      io.err(line);
    };
    const reader = createReader();
    const days = await findDays(criteria, { log, warn, ...historyTables() });
    const events = await runExport({ log, reader, vault, criteria, days, sink, progress, warn, signal });
    progress.end();
    if (signal.aborted) throw interruption(signal, await sink.interrupt());
    await sink.finish();
    if (target.kind === 'stdout' && !process.stderr.isTTY) return;
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    io.err(`${events.toLocaleString('en')} events exported, in ${seconds} s.`);
  } finally {
    progress.end();
    await sink.close();
  }
}

/** Where the history tables are. @throws ConfigError */
function historyTables() {
  const { HISTORY_DATABASE_URL, DATABASE_URL, LOG_LEVEL } = readDaysConfig();
  return { connectionString: HISTORY_DATABASE_URL ?? DATABASE_URL, logger: toolLogger(LOG_LEVEL) };
}

function interruption(signal: AbortSignal, message: string): Interrupted {
  return new Interrupted(message, signal.reason instanceof Interrupted ? signal.reason.exitCode : undefined);
}
