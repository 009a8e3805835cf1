import { dropTables, hungOnHistory } from '../../projector/history/upkeep/drop.ts';
import { historyStatus } from '../../projector/history/upkeep/status.ts';
import { type Io, parseOptions } from '../command-line/command.ts';
import { confirm } from '../command-line/confirm.ts';
import { connectHistory } from './connect.ts';

/** Drops the history tables, and what analysts have hung on them. */
export async function drop(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseOptions(args, { options: { yes: { type: 'boolean', default: false } } });
  const { database, close } = connectHistory();
  try {
    const { state, machinesUntil } = await historyStatus(database, undefined);
    const hung = await hungOnHistory(database);
    if (state === 'missing') io.err('There are no history tables; what a rebuild may have left is dropped.');
    if (machinesUntil !== undefined)
      io.err(`Machines in use (until ${machinesUntil}) are lost as far as usage no longer has them.`);
    if (hung.length > 0) io.err(`These go with them:\n${hung.map((name) => `  ${name}`).join('\n')}`);
    if (!values.yes) await confirm('Drop the history tables?');
    await dropTables(database);
    io.err('Dropped. history-tables update makes them again from the event log.');
  } finally {
    await close();
  }
}
