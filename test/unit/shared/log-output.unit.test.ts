import { describe, expect, it } from 'vitest';
import { LogOutput } from '../../../shared/process/log-output.ts';

/** A disk that can be full. */
function disk() {
  const state = { full: false, text: '' };
  const output = new LogOutput((text, done) => {
    if (!state.full) state.text += text;
    setImmediate(() => done(state.full ? new Error('ENOSPC') : null));
  });
  return { state, output };
}

const flushed = (output: LogOutput) => new Promise<void>((resolve) => output.flush(resolve));

describe('log lines', () => {
  it('are written in order, and flushed before the process ends', async () => {
    const { state, output } = disk();
    for (const line of ['a\n', 'b\n', 'c\n']) output.write(line);
    await flushed(output);
    expect(state.text).toBe('a\nb\nc\n');
    expect(output.lost).toBe(0);
  });

  it('that were lost are counted, and said once lines can be written again', async () => {
    const { state, output } = disk();
    state.full = true;
    output.write('a\n');
    output.write('b\n');
    await flushed(output);
    state.full = false;
    output.write('c\n');
    output.write('d\n');
    await flushed(output);
    const [, loss, ...lines] = state.text.split('\n');
    expect(JSON.parse(loss as string)).toMatchObject({ msg: 'log_lines_lost', lines: 2, level: 'warn' });
    expect(lines).toEqual(['c', 'd', '']);
    expect(output.lost).toBe(2);
  });

  it('that nobody takes are bounded in memory, and do not keep a process from ending', async () => {
    const output = new LogOutput(() => {});
    for (let line = 0; line < 5; line += 1) output.write('x'.repeat(400_000));
    expect(output.lost).toBe(2);
    await flushed(output);
  });
});
