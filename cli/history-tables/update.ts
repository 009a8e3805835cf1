import { exclusively } from '../../projector/history/upkeep/exclusive.ts';
import {
  type UpdateProgress,
  type UpdateResult,
  updateTables,
} from '../../projector/history/upkeep/update.ts';
import { systemClock } from '../../shared/clock.ts';
import { Interrupted, type Io, parseOptions } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { createProgress } from '../output/progress.ts';
import { connectHistory } from './connect.ts';
import { withWayOut } from './way-out.ts';

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
  const { database, connectionString, liveConnectionString, feed, decoder, logger, close } = connectHistory();
  const { update: progress, end } = reporter(io);
  try {
    const result = await interruptible((signal) =>
      exclusively(database, 'historyTables', () =>
        updateTables({
          ...{ connectionString, liveConnectionString, feed, decoder, logger, signal, progress },
          clock: systemClock,
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
    await close();
  }
}
