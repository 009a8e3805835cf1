import { describe, expect, it } from 'vitest';
import { writeTable } from '../../../cli/output/table.ts';

function written(isTerminal: boolean): string[] {
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {}, isTerminal };
  writeTable(
    io,
    ['id', 'state', 'cause'],
    [
      ['1', 'parked', 'a\tb\nc'],
      ['12345', null, '\u001b[2Jgone'],
    ],
  );
  return lines;
}

describe('a table', () => {
  it('lines up on a terminal, and nothing in it steers that', () => {
    expect(written(true)).toEqual([
      'id     state   cause',
      '1      parked  a b c',
      '12345           [2Jgone',
    ]);
  });

  it('is tab-separated for programs', () => {
    expect(written(false)).toEqual(['id\tstate\tcause', '1\tparked\ta b c', '12345\t\t [2Jgone']);
  });
});
