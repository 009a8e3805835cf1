import type { Command } from './command.ts';
import { config } from './config-command.ts';
import { dispatch } from './dispatch.ts';
import { history } from './history.ts';
import { keys } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { openapi } from './openapi.ts';
import { parked } from './parked.ts';
import { rebuildCommand } from './rebuild.ts';
import { replay } from './replay.ts';
import { secrets } from './secrets.ts';
import { settings } from './settings.ts';
import { token } from './token.ts';
import { vault } from './vault.ts';

/** Every command of the tool, one line each, in the order in which they are listed. */
const commands: readonly Command[] = [
  migrateCommand,
  token,
  keys,
  secrets,
  vault,
  rebuildCommand,
  parked,
  replay,
  history,
  config,
  openapi,
  settings,
];

process.exitCode = await dispatch(commands, process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
