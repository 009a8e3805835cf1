import { type Command, type Io, UsageError } from '../command-line/command.ts';
import { didYouMean } from '../command-line/suggestion.ts';
import { drop } from '../history-tables/drop.ts';
import { eraseHistory, exportHistory, verifyHistory } from '../history-tables/export/run.ts';
import { follow } from '../history-tables/follow.ts';
import { rebuild } from '../history-tables/rebuild.ts';
import { status } from '../history-tables/status.ts';
import { update } from '../history-tables/update.ts';

/** What the command does, by its first argument; each reads the arguments after it. */
const ACTIONS: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<void>>> = {
  update,
  follow,
  rebuild,
  status,
  drop,
  export: exportHistory,
  verify: verifyHistory,
  erase: eraseHistory,
};

/** The analysts' tables of what held when, and what was known when. */
export const historyTables: Command = {
  name: 'history-tables',
  summary: "make the analysts' history tables, and keep them up to the event log",
  usage: `history-tables update
       history-tables follow
       history-tables rebuild [--compare-only] [--accept-differences] [--keep-old] [--fresh] [--force] [--drop-dependents]
       history-tables status [--json]
       history-tables drop [--yes]
       history-tables export --out DIR
       history-tables verify|erase DIR

The history tables (schema history) have a row for each interval in which a subscription, a license or a customer was in
one state, and in which that was known: docs/analysts.md says how to ask them. They hold no personal data, and nothing
that customers wait for reads or writes them. Beside them stands the schema history_fold, by which they are made.

  update   bring them to where the log ends: from a timer, for example. Makes them if they are not there, and brings those of
           an older release up to this one. Interrupted, the next one goes on
  follow   the same as a service, which then follows the log, with health and metrics on PORT (3006). Of several one works,
           and the others stand by
  rebuild  make them again beside the live ones, compare row by row, and switch in one transaction. The options are those of
           the command rebuild; grants are kept
  status   say whether they can be asked, how far they lag, and whose events could not be applied
  drop     drop them, and what hangs on them; asks first, unless --yes is given
  export   write them to a folder of Parquet files, or bring it up to them: DIR/<table>/month=2026-06/… has the rows that stopped
           being known in that month, month=open those that are known now. DIR/history.duckdb.sql makes DuckDB answer as
           PostgreSQL does. A folder that somebody changed is left alone
  verify   compare a folder with its manifest and with the tables
  erase    bring a folder up, and take the ids of customers who were erased since out of months that are over; says whose

Settings: EVENTSTORE_URL, DATABASE_URL, HISTORY_DATABASE_URL (a PostgreSQL of their own; DATABASE_URL unless set); for follow also
HOST, PORT, LOG_LEVEL and HISTORY_BATCH_EVENTS.`,
  async run(args, io) {
    const [name, ...rest] = args;
    const names = Object.keys(ACTIONS);
    if (name === undefined) throw new UsageError(`say what to do: ${names.join(', ')}`);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action) throw new UsageError(`there is no ${name} of history-tables.${didYouMean(name, names)}`);
    await action(rest, io);
  },
};
