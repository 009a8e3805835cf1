import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FOLD_SOURCES } from '../../../command-service/execute/states/fold-version.ts';

const IMPORT = /^(?:import|export) (?!type )[^;]*?from '(\..*?\.ts)';/gms;
const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What runs when a state is folded, by its imports (of types alone, none). */
function loaded(file: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, imported] of readFileSync(path.join(ROOT, file), 'utf8').matchAll(IMPORT))
    loaded(path.join(path.dirname(file), imported as string), known);
  return known;
}

it('follows from all code that a fold runs: what is outside its sources changes no state', () => {
  const outside = [...loaded('command-service/execute/states/user-states.ts')].filter(
    (file) => !FOLD_SOURCES.some((source) => file === source || file.startsWith(`${source}/`)),
  );
  // Decisions and the opening of personal data need these; a fold does not.
  expect(outside.sort()).toEqual([
    'shared/catalogue/catalogue.ts',
    'shared/event-log/errors.ts',
    'shared/ids.ts',
    'shared/license-keys/status.ts',
    'shared/vault/errors.ts',
    'shared/vault/personal.ts',
  ]);
});
