import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runOne, type Told } from '../../bench/runner/run-one.ts';
import { isAlive } from '../../support/stack.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'license-test-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A server that outlives who started it, as PostgreSQL does. It says where it is in a file. */
const SERVER = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  const server = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  server.unref();
  writeFileSync(${JSON.stringify(path.join(folder, 'server'))}, server.pid + ' ' + process.env.TMPDIR);
  process.send({ kind: 'note', sentence: 'measured until here' });
`;

const RUN = { name: 'any', rounds: 1, quick: false, options: {} };

function run(source: string, minutes = 1, signal = new AbortController().signal): Promise<Told> {
  const script = path.join(folder, 'benchmark.mjs');
  writeFileSync(script, source);
  return runOne({ minutes }, RUN, signal, script);
}

function expectNothingLeft(): void {
  const [pid, temporary] = readFileSync(path.join(folder, 'server'), 'utf8').split(' ');
  expect(isAlive(Number(pid))).toBe(false);
  expect(() => readFileSync(temporary as string)).toThrow('ENOENT');
}

describe('a benchmark', () => {
  it('that crashes is named, what it measured is kept, and what it started is ended', async () => {
    const told = await run(`${SERVER} setTimeout(() => process.exit(7), 200);`);
    expect(told).toMatchObject({ failure: 'its process ended with code 7', notes: ['measured until here'] });
    expectNothingLeft();
  });

  it('that hangs is given up, with everything that it started', async () => {
    const told = await run(`${SERVER} setInterval(() => {}, 1000);`, 1 / 60);
    expect(told).toMatchObject({
      failure: expect.stringContaining('given up'),
      notes: ['measured until here'],
    });
    expectNothingLeft();
  });

  it('that says what this machine lacks has not failed', async () => {
    const told = await run(
      `process.send({ kind: 'failure', why: 'no Java', runnable: false }); process.disconnect();`,
    );
    expect(told).toMatchObject({ failure: 'no Java', notRunnable: true });
  });

  it('that ends well has no failure', async () => {
    const told = await run('process.disconnect();');
    expect(told).toMatchObject({ notRunnable: false, rows: [] });
    expect(told.failure).toBeUndefined();
  });
});
