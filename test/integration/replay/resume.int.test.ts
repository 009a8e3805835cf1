import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ZSTD } from './parquet-reader.ts';
import { createReplaySystem, type ReplaySystem } from './system.ts';

/** Enough for several checkpoints, and several row groups of a Parquet file. */
const EVENTS = 70_000;

let system: ReplaySystem;
beforeAll(async () => {
  system = await createReplaySystem({ events: EVENTS, users: 7_000 });
}, 120_000);
afterAll(() => system[Symbol.asyncDispose]());

const size = (file: string) => (existsSync(file) ? statSync(file).size : 0);
const checkpoints = (file: string) =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 2 : 0;

/** Starts an export and kills it once `isTime`; false if it was done before. */
async function killed(args: readonly string[], isTime: () => boolean): Promise<boolean> {
  const { child, result } = system.start(args);
  await eventually('it is time, or it is done', () => isTime() || child.exitCode !== null, 30_000);
  child.kill('SIGKILL');
  return (await result).code === undefined;
}

/** Killed at a random length, then behind a checkpoint, then let run to its end. Answers how often it was killed. */
async function killedAndResumed(name: string, args: readonly string[], wholeSize: number): Promise<number> {
  const [file, part, journal] = [name, `${name}.part`, `${name}.checkpoint`].map(system.file) as [
    string,
    string,
    string,
  ];
  const command = ['--out', name, ...args];
  const after = Math.random() * 0.5 * wholeSize;
  let kills = Number(await killed(command, () => size(part) > after));
  expect(existsSync(file)).toBe(false);
  for (let i = 0; i < 2; i++) {
    const before = checkpoints(journal);
    kills += Number(await killed([...command, '--resume'], () => checkpoints(journal) > before));
    if (existsSync(file)) return kills;
  }
  const { code, stderr } = await system.replay([...command, '--resume']);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('Going on behind') });
  expect(stderr).toContain(`${EVENTS.toLocaleString('en')} events exported`);
  return kills;
}

describe('an export that is killed', () => {
  it.each(['ndjson', 'csv', 'parquet'])(
    'goes on to the same file, byte for byte: %s',
    async (format) => {
      const args = ['--format', format];
      expect(await system.replay(['--out', `whole.${format}`, ...args])).toMatchObject({
        code: 0,
        stdout: '',
      });
      const whole = readFileSync(system.file(`whole.${format}`));
      const kills = await killedAndResumed(`killed.${format}`, args, whole.length);
      expect(kills).toBeGreaterThanOrEqual(1);
      expect(readFileSync(system.file(`killed.${format}`)).equals(whole)).toBe(true);
      expect(existsSync(system.file(`killed.${format}.part`))).toBe(false);
      expect(existsSync(system.file(`killed.${format}.checkpoint`))).toBe(false);
    },
    120_000,
  );

  it('whose Parquet file is what the log holds, read by another program', async () => {
    const file = await asyncBufferFromFile(system.file('killed.parquet'));
    const rows = await parquetReadObjects({
      file,
      compressors: ZSTD,
      columns: ['event_id', 'commit_position'],
    });
    const ids: string[] = [];
    for await (const { id } of system.log.readAll()) ids.push(id);
    expect(rows.map(({ event_id }) => event_id)).toEqual(ids);
  });

  it('with a filter by plan, knows the plans from before', async () => {
    const args = ['--plan', 'pro'];
    await system.replay(['--out', 'plan', ...args]);
    const whole = readFileSync(system.file('plan'));
    await killed(
      ['--out', 'plan-killed', ...args],
      () => checkpoints(system.file('plan-killed.checkpoint')) > 0,
    );
    await system.replay(['--out', 'plan-killed', ...args, '--resume']);
    expect(readFileSync(system.file('plan-killed')).equals(whole)).toBe(true);
    expect(whole.length).toBeGreaterThan(100_000);
  });
});

describe('an export that is interrupted by Ctrl-C', () => {
  it('says how to go on, and does', async () => {
    const { child, result } = system.start(['--out', 'stopped']);
    await eventually('it writes', () => size(system.file('stopped.part')) > 100_000);
    child.kill('SIGINT');
    const { code, stderr } = await result;
    expect(code).toBe(130);
    expect(stderr).toContain('--resume');
    expect(existsSync(system.file('stopped'))).toBe(false);
    // What it had was recorded: nothing is behind the last checkpoint.
    const last = JSON.parse(
      readFileSync(system.file('stopped.checkpoint'), 'utf8').trim().split('\n').at(-1) ?? '',
    );
    expect(last.bytes).toBe(size(system.file('stopped.part')));
    expect(await system.replay(['--out', 'stopped', '--resume'])).toMatchObject({ code: 0 });
    expect(readFileSync(system.file('stopped')).equals(readFileSync(system.file('whole.ndjson')))).toBe(true);
  });
});

describe('an interrupted export', () => {
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await system.replay(['--out', 'half', ...args]);
    return { code, stderr };
  };
  beforeAll(async () => {
    await killed(['--out', 'half'], () => checkpoints(system.file('half.checkpoint')) > 0);
  });

  it('is not overwritten', async () => {
    expect(await refusal()).toMatchObject({ code: 1, stderr: expect.stringContaining('half.part') });
  });

  it('is not gone on with under other options', async () => {
    expect(await refusal('--resume', '--type', 'UserErased')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(types)'),
    });
    expect(await refusal('--resume', '--format', 'csv')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(format)'),
    });
  });

  it('is not gone on with on another event store', async () => {
    const journal = system.file('half.checkpoint');
    const text = readFileSync(journal, 'utf8');
    const last = JSON.parse(text.trim().split('\n').at(-1) ?? '');
    writeFileSync(
      journal,
      `${text}${JSON.stringify({ ...last, id: '01935e22-ca9d-79eb-bd2b-30f05c70710a' })}\n`,
    );
    expect(await refusal('--resume')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('restored or replaced'),
    });
    writeFileSync(journal, text);
  });

  it('is not gone on with if its file has lost something, or its checkpoints', async () => {
    await rename(system.file('half.part'), system.file('kept'));
    writeFileSync(system.file('half.part'), 'x');
    expect(await refusal('--resume')).toMatchObject({ code: 1, stderr: expect.stringContaining('shorter') });
    await rename(system.file('half.checkpoint'), system.file('kept.checkpoint'));
    expect(await refusal('--resume')).toMatchObject({ code: 1, stderr: expect.stringContaining('without') });
    await rename(system.file('kept'), system.file('half.part'));
    await rename(system.file('kept.checkpoint'), system.file('half.checkpoint'));
  });

  it('goes on behind a checkpoint that was cut off in the middle of writing', async () => {
    const journal = system.file('half.checkpoint');
    writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"position":"12`);
    expect(await refusal('--resume')).toMatchObject({ code: 0 });
    expect(readFileSync(system.file('half')).equals(readFileSync(system.file('whole.ndjson')))).toBe(true);
  });

  it('that is complete is neither overwritten nor repeated', async () => {
    expect(await refusal('--resume')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there already'),
    });
    expect(await refusal()).toMatchObject({ code: 1, stderr: expect.stringContaining('there already') });
    await rm(system.file('half'));
  });
});
