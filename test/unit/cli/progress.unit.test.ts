import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../cli/output/progress.ts';

/** A stream that keeps what is written, and a clock that the test moves. */
function stage(terminal: { readonly isTTY: boolean; readonly columns?: number }) {
  const written: string[] = [];
  const clock = { at: 0 };
  const stream = { ...terminal, write: (text: string) => written.push(text) };
  const progress = createProgress({ stream, unit: 'events', now: () => clock.at });
  return { written, clock, progress };
}

describe('progress on a terminal', () => {
  it('is one line, drawn in place: share, count, rate, time left', () => {
    const { written, clock, progress } = stage({ isTTY: true, columns: 120 });
    progress.update({ count: 0, fraction: 0 });
    clock.at = 2_000;
    progress.update({ count: 50_000, fraction: 0.25 });
    expect(written).toHaveLength(2);
    expect(written[1]).toBe(
      `\r\u001b[2K${'█'.repeat(6)}${'░'.repeat(18)}  25 %  50,000 events, 25,000/s, 0:06 left`,
    );
    progress.end();
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });

  it('is drawn ten times a second at most, and within the width', () => {
    const { written, clock, progress } = stage({ isTTY: true, columns: 40 });
    for (clock.at = 0; clock.at < 1_000; clock.at++) progress.update({ count: clock.at, fraction: 0.5 });
    expect(written.length).toBeLessThanOrEqual(11);
    for (const text of written) expect(text.length).toBeLessThanOrEqual(39 + '\r\u001b[2K'.length);
  });
});

describe('progress elsewhere', () => {
  it('is a line every few seconds, without control characters', () => {
    const { written, clock, progress } = stage({ isTTY: false });
    for (; clock.at <= 10_000; clock.at += 100) {
      progress.update({ count: clock.at, fraction: clock.at / 20_000 });
    }
    progress.end();
    expect(written).toEqual([
      ' 25 %  5,000 events, 1,000/s, 0:15 left\n',
      ' 50 %  10,000 events, 1,000/s, 0:10 left\n',
    ]);
  });

  it('of something short is nothing at all', () => {
    const { written, clock, progress } = stage({ isTTY: false });
    progress.update({ count: 0, fraction: 0 });
    clock.at = 1_000;
    progress.update({ count: 10, fraction: 1 });
    progress.end();
    expect(written).toEqual([]);
  });

  it('says no share and no time where nobody knows the whole', () => {
    const { written, clock, progress } = stage({ isTTY: false });
    progress.update({ count: 0, fraction: undefined });
    clock.at = 5_000;
    progress.update({ count: 100, fraction: undefined });
    expect(written).toEqual(['100 events, 20/s\n']);
  });
});
