import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** The files of the product that use something of `process`, without comments. */
function usersOf(pattern: RegExp): string[] {
  const files = globSync('{command-service,query-service,projector,shared,local,cli}/**/*.{ts,mjs}', {
    cwd: root,
  });
  return files
    .filter((file) =>
      pattern.test(readFileSync(path.join(root, file), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')),
    )
    .sort();
}

describe('the process', () => {
  it('has its environment read by config.ts alone, and handed on to children by the launcher', () => {
    const users = usersOf(/\bprocess\.env\b|\bfrom 'node:process'/);
    expect(users.filter((file) => !/(^|\/)config\.ts$/.test(file))).toEqual([
      // Children get the environment, and programs are looked for on its PATH.
      'local/bootstrap.mjs',
      'local/main.ts',
      'local/processes/groups.ts',
      'local/processes/process.ts',
      'local/servers/programs.ts',
      'local/tool.ts',
      // Set, not read: the driver has no other way to be told.
      'shared/adapters/kafka/client.ts',
    ]);
  });

  it('is ended, and listens to signals, in main.ts and the tool alone', () => {
    const users = usersOf(/\bprocess\.(exit|exitCode|abort|on|once|off)\b|\bfrom 'node:process'/);
    expect(users.filter((file) => !/(^|\/)main\.ts$|^cli\//.test(file))).toEqual([
      'local/bootstrap.mjs',
      // What every main.ts has in common.
      'shared/process/lifecycle.ts',
      // Ends what can't even say that it ends.
      'shared/process/stuck-output.ts',
    ]);
  });
});
