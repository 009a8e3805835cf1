import { writeSync } from 'node:fs';
import type { Command } from './command-line/command.ts';
import { dispatch } from './command-line/dispatch.ts';
import { config } from './commands/config.ts';
import { history } from './commands/history.ts';
import { historyTables } from './commands/history-tables.ts';
import { importCommand } from './commands/import.ts';
import { keys } from './commands/keys.ts';
import { mail } from './commands/mail.ts';
import { metrics } from './commands/metrics.ts';
import { migrateCommand } from './commands/migrate.ts';
import { openapi } from './commands/openapi.ts';
import { parked } from './commands/parked.ts';
import { plans } from './commands/plans.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { replay } from './commands/replay.ts';
import { secrets } from './commands/secrets.ts';
import { settings } from './commands/settings.ts';
import { staff } from './commands/staff.ts';
import { stats } from './commands/stats.ts';
import { token } from './commands/token.ts';
import { vault } from './commands/vault.ts';
import { webhooks } from './commands/webhooks.ts';

/** Every command of the tool, one line each, in the order in which they are listed. */
const commands: readonly Command[] = [
  migrateCommand,
  token,
  staff,
  plans,
  importCommand,
  keys,
  secrets,
  vault,
  rebuildCommand,
  parked,
  mail,
  replay,
  history,
  historyTables,
  stats,
  webhooks,
  config,
  openapi,
  settings,
  metrics,
];

/** Why the result is not whole: the disk is full, for example. A reader that has gone has what it wanted. */
let outputFailure: Error | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') outputFailure ??= error;
});
// Messages and progress may be lost; the work goes on.
process.stderr.on('error', () => {});
process.on('exit', (code) => {
  if (!outputFailure || code !== 0) return;
  process.exitCode = 1;
  try {
    writeSync(2, `the result could not be written, and is not complete: ${outputFailure.message}\n`);
  } catch {
    // Standard error is full, too: the exit code says it alone.
  }
});

process.exitCode = await dispatch(commands, process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  isTerminal: process.stdout.isTTY === true,
});
