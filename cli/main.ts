import type { Command } from './command.ts';
import { config } from './commands/config.ts';
import { history } from './commands/history.ts';
import { keys } from './commands/keys.ts';
import { migrateCommand } from './commands/migrate.ts';
import { openapi } from './commands/openapi.ts';
import { parked } from './commands/parked.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { replay } from './commands/replay.ts';
import { secrets } from './commands/secrets.ts';
import { settings } from './commands/settings.ts';
import { token } from './commands/token.ts';
import { vault } from './commands/vault.ts';
import { dispatch } from './dispatch.ts';

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
