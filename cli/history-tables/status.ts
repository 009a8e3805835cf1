import { type HistoryStatus, historyStatus } from '../../projector/history/upkeep/status.ts';
import { EventStoreUnavailable } from '../../shared/event-log/errors.ts';
import { type Io, parseOptions } from '../command-line/command.ts';
import { writeTable } from '../output/table.ts';
import { connectHistory } from './connect.ts';

const MEANING: Readonly<Record<HistoryStatus['state'], string>> = {
  missing: 'not there: history-tables update makes them',
  building: 'their first build is not finished: history-tables update or follow goes on with it',
  older: 'of an older release: history-tables update or follow brings them up to this one',
  ready: 'ready',
};

function rowsOf({ state, written, position, at, behindSeconds, parked, rows, machinesUntil }: HistoryStatus) {
  const behind = behindSeconds === undefined ? 'the event log does not answer' : `${behindSeconds} s`;
  return [
    ['state', MEANING[state]],
    ['written by a process now', written ? 'yes' : 'no'],
    ...(state === 'missing'
      ? []
      : [
          ['position', position ?? 'nothing applied yet'],
          ['up to', at?.toISOString() ?? ''],
          ['behind the log', position === undefined ? '' : behind],
          ['users with events that could not be applied', String(parked.length)],
          ...Object.entries(rows).map(([table, count]) => [`rows of ${table}`, String(count)]),
          ['machines in use until', machinesUntil ?? 'no day copied yet'],
        ]),
  ];
}

/** Tells how the history tables are, and how far they are behind the log. */
export async function status(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseOptions(args, { options: { json: { type: 'boolean', default: false } } });
  const { database, feed, close } = connectHistory();
  try {
    // The tables can be looked at while the event store is unreachable.
    const end = await feed.end().catch((error: unknown) => {
      if (error instanceof EventStoreUnavailable) return undefined;
      throw error;
    });
    const found = await historyStatus(database, end);
    if (values.json) return io.out(JSON.stringify(found, null, 2));
    writeTable(io, undefined, rowsOf(found));
    for (const { user_id, event_id, type, cause } of found.parked) {
      io.err(`user ${user_id}: ${type} ${event_id} could not be applied: ${cause}`);
    }
    if (found.parked.length > 0) {
      io.err(
        'What an operator skips or retries in the live read models (cli parked) is skipped or retried here too.',
      );
    }
  } finally {
    await close();
  }
}
