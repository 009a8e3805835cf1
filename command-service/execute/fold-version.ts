import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** All code that a fold depends on: how events are read, and what they do to the state. */
export const FOLD_FOLDERS = [
  'command-service/domain',
  'command-service/execute',
  'shared/events',
  'shared/identity',
];

const ROOT = path.resolve(import.meta.dirname, '../..');

function digestOfSources(): string {
  const hash = createHash('sha256').update(process.versions.v8);
  for (const folder of FOLD_FOLDERS) {
    const directory = path.join(ROOT, folder);
    for (const file of readdirSync(directory).sort()) hash.update(readFileSync(path.join(directory, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Names the fold of this release: a snapshot that another one made is not read. It follows from the source, which runs as
 * it stands: a number that has to be raised by hand would be forgotten once, and a wrong fold would decide.
 */
export const FOLD_VERSION = digestOfSources();
