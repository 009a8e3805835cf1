import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ZSTD } from './parquet-reader.ts';
import { createReplaySystem, lines, type ReplaySystem } from './system.ts';

/** Enough for several row groups of a Parquet file. */
const EVENTS = 45_000;

let system: ReplaySystem;
beforeAll(async () => {
  system = await createReplaySystem({ events: EVENTS, users: 4_500 });
}, 120_000);
afterAll(() => system[Symbol.asyncDispose]());

const size = (name: string) => (existsSync(system.file(name)) ? statSync(system.file(name)).size : 0);

/** Starts an export into the file and sends it the signal once it has written something. */
async function ended(signal: 'SIGKILL' | 'SIGINT', name: string, ...args: string[]) {
  const { child, result } = system.start(['--out', name, ...args]);
  await eventually('it writes', () => size(`${name}.part`) > 100_000, 30_000);
  child.kill(signal);
  return result;
}

describe('an export that is cut off', () => {
  it.each(['ndjson', 'csv', 'parquet'])(
    'has no file, and run again it gives the same as one that was not: %s',
    async (format) => {
      const args = ['--format', format];
      expect(await system.replay(['--out', `whole.${format}`, ...args])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: expect.stringContaining(`${EVENTS.toLocaleString('en')} events exported`),
      });
      const name = `killed.${format}`;
      expect((await ended('SIGKILL', name, ...args)).code).toBe(undefined);
      expect(existsSync(system.file(name))).toBe(false);
      expect(size(`${name}.part`)).toBeGreaterThan(0);

      expect(await system.replay(['--out', name, ...args])).toMatchObject({ code: 0 });
      const whole = readFileSync(system.file(`whole.${format}`));
      expect(readFileSync(system.file(name)).equals(whole)).toBe(true);
      expect(existsSync(system.file(`${name}.part`))).toBe(false);
    },
    120_000,
  );

  it('whose Parquet file is what the log holds, read by another program', async () => {
    const file = await asyncBufferFromFile(system.file('killed.parquet'));
    const rows = await parquetReadObjects({ file, compressors: ZSTD, columns: ['event_id'] });
    const ids: string[] = [];
    for await (const { id } of system.log.readAll()) ids.push(id);
    expect(rows.map(({ event_id }) => event_id)).toEqual(ids);
  });

  it('by Ctrl-C says what to do, and leaves nothing behind', async () => {
    const { code, stderr } = await ended('SIGINT', 'stopped');
    expect(code).toBe(130);
    expect(stderr).toContain('the same command begins again');
    expect([size('stopped'), size('stopped.part')]).toEqual([0, 0]);
  });
});

describe('a long export', () => {
  it('can be made in slices that together are the whole', async () => {
    const whole = readFileSync(system.file('whole.ndjson'), 'utf8');
    const rows = lines<{ position: string }>(whole);
    const middle = rows[EVENTS / 2]?.position ?? '';
    await system.replay(['--out', 'first', '--to', middle]);
    await system.replay(['--out', 'second', '--after', middle]);
    const text = (name: string) => readFileSync(system.file(name), 'utf8');
    expect(text('first') + text('second') === whole).toBe(true);
  });
});

describe('a file of the export’s name', () => {
  it('is never overwritten', async () => {
    writeFileSync(system.file('mine'), 'precious');
    const { code, stderr } = await system.replay(['--out', 'mine']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('already there') });
    expect(readFileSync(system.file('mine'), 'utf8')).toBe('precious');
  });

  it('is made by the export that began last, where two make it at once', async () => {
    const first = system.start(['--out', 'both']);
    await eventually('the first writes', () => size('both.part') > 100_000, 30_000);
    const second = await system.replay(['--out', 'both', '--type', 'UserErased']);
    expect(second.code).toBe(0);
    expect(await first.result).toMatchObject({ code: 1, stderr: expect.stringContaining('gave way') });
    expect(lines(readFileSync(system.file('both'), 'utf8')).every(({ type }) => type === 'UserErased')).toBe(
      true,
    );
    expect(size('both')).toBeGreaterThan(0);
  });
});

describe('a plan that no event names', () => {
  it('is refused with the plans that there are, and no file is made', async () => {
    const { code, stderr } = await system.replay(['--out', 'none', '--plan', 'enterprize']);
    expect(code).toBe(1);
    expect(stderr).toContain('no event names a plan "enterprize"');
    expect(stderr).toContain('basic');
    expect([size('none'), size('none.part')]).toEqual([0, 0]);
  });
});
