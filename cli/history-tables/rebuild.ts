import { RebuildRefused } from '../../projector/errors.ts';
import { historyRebuildable } from '../../projector/history/upkeep/rebuild.ts';
import { rebuild as rebuildTables } from '../../projector/rebuild/rebuild.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Io } from '../command-line/command.ts';
import { readRebuildChoices } from '../rebuild/choices.ts';
import { rebuildReporter, showRebuild } from '../rebuild/report.ts';
import { connectHistory } from './connect.ts';
import { withWayOut } from './way-out.ts';

/** Makes the history tables again beside the live ones, compares both, and switches. */
export async function rebuild(args: readonly string[], io: Io): Promise<void> {
  const choices = readRebuildChoices(args);
  const { live, connectionString, feed, decoder, logger, close } = connectHistory();
  try {
    const result = await rebuildTables({
      ...choices,
      ...{ connectionString, feed, decoder, logger },
      rebuilt: historyRebuildable(live),
      clock: systemClock,
      progress: rebuildReporter(io),
    });
    const equal = showRebuild(result, io);
    if (result.switched) io.err('Switched: the rebuilt history tables are live.');
    else if (!equal) {
      throw new RebuildRefused(
        'rebuild_differs',
        choices.compareOnly
          ? 'the history tables are not what the log gives'
          : 'rows differ, so nothing was switched; if they are meant to, run again with --accept-differences',
      );
    }
  } catch (error) {
    throw withWayOut(error);
  } finally {
    await close();
  }
}
