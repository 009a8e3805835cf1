import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastWords } from '../../../local/processes/last-words.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'license-test-words-'));
afterAll(() => rmSync(folder, { recursive: true }));
const time = '2026-06-01T09:30:00.123Z';
const line = (fields: object) =>
  JSON.stringify({ level: 'info', time, pid: 1, service: 'projector', ...fields });

function wordsOf(...lines: readonly string[]): string[] {
  const file = path.join(folder, 'log');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return lastWords(file).split('\n');
}

describe('the last words of a process', () => {
  it('say what went wrong, however long it was waited for afterwards', () => {
    const probes = Array.from({ length: 2_000 }, () =>
      line({ msg: 'request', route: '/health/ready', status: 503 }),
    );
    const awaited = line({ msg: 'dependency_awaited', dependency: 'redis', reason: 'connect ECONNREFUSED' });
    const err = {
      type: 'Error',
      code: '42P01',
      message: 'no such table',
      stack: 'Error: no such table\n at x',
    };
    expect(wordsOf(awaited, line({ level: 'error', msg: 'start_failed', err }), ...probes)).toEqual([
      '  09:30:00.123 info dependency_awaited: dependency redis, reason connect ECONNREFUSED',
      '  09:30:00.123 error start_failed: 42P01 no such table',
    ]);
  });

  it('are a program’s own lines where it writes no JSON', () => {
    expect(wordsOf('FATAL: lock file exists', '{cut off')).toEqual([
      '  FATAL: lock file exists',
      '  {cut off',
    ]);
  });

  it('are none without a log', () => {
    expect(lastWords(path.join(folder, 'none'))).toBe('');
  });
});
