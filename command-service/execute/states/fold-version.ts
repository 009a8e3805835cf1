import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** All code that a fold depends on, files and whole folders: how events are read, and what they do to the state. */
export const FOLD_SOURCES = [
  'command-service/domain',
  'command-service/execute/states',
  'shared/calendar.ts',
  'shared/event-log/position.ts',
  'shared/events',
  'shared/identity',
  'shared/subscription-end.ts',
  'shared/subscription-status.ts',
];

const ROOT = path.resolve(import.meta.dirname, '../../..');

function filesOf(source: string): string[] {
  const full = path.join(ROOT, source);
  if (!statSync(full).isDirectory()) return [full];
  const inside = readdirSync(full, { recursive: true, withFileTypes: true });
  return inside.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
}

function digestOfSources(): string {
  const hash = createHash('sha256').update(process.versions.v8);
  for (const file of FOLD_SOURCES.flatMap(filesOf).sort()) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Names the fold of this release: a snapshot that another one made is not read. It follows from the source, which runs as
 * it stands: a number that has to be raised by hand would be forgotten once, and a wrong fold would decide.
 */
export const FOLD_VERSION = digestOfSources();
