import { describe, expect, it } from 'vitest';
import { markdown } from '../../bench/report/markdown.ts';
import { figure, target } from '../../bench/report/row.ts';
import { terminal } from '../../bench/report/terminal.ts';
import { cpuText, figureText } from '../../bench/report/words.ts';
import { hasMarked, replaceMarked } from '../../support/marked.ts';

const row = {
  what: 'validations',
  figure: figure([23_000, 25_000, 24_000], '/s'),
  beside: { what: 'a bare server', figure: figure([30_000, 30_000, 30_000], '/s') },
  ratio: [0.77, 0.83, 0.8],
  target: target('at least 0.85', false),
};

describe('a result in words', () => {
  it('is the median, with the lowest and the highest', () => {
    expect(figureText(figure([3, 1, 2], ' ms'))).toBe('2.00 ms (1.00 to 3.00)');
  });

  it('has no range where it was measured once, and no digits that mean nothing', () => {
    expect(figureText(figure([23_675.4], '/s'))).toBe('23,675/s');
    expect(figureText(figure([42.19], ' µs'))).toBe('42.2 µs');
  });

  it('is printed with what it is compared with, and says that its target is missed', () => {
    expect(terminal(row)).toBe(
      '  validations: 24,000/s (23,000 to 25,000)\n' +
        '      a bare server 30,000/s (30,000 to 30,000); ratio 0.80 (0.77 to 0.83); target at least 0.85: missed',
    );
  });
});

describe('CPU times', () => {
  const use = (generatorShare: number) => ({
    micros: { nginx: 20, query: 38, redis: 0.01, 'load generator': 14 },
    generatorShare,
    machineShare: 0.97,
  });

  it('are ordered, the load generator last, and leave out what did nothing', () => {
    expect(cpuText([use(0.5)])).toBe(
      'query 38.0 µs, nginx 20.0 µs; load generator 14.0 µs; the machine 97 % busy',
    );
  });

  it('say so where the load generator was busy all the time in one of the rounds', () => {
    expect(cpuText([use(0.5), use(0.95)])).toContain('**the load generator was the limit**');
  });
});

describe('the report', () => {
  const outcome = {
    name: 'validation',
    summary: 'validations through Nginx',
    circumstances: '2 cores',
    rows: [row],
    notes: ['A note'],
    seconds: 12.4,
  };

  it('is a table, and what to know of it', () => {
    expect(markdown(outcome)).toBe(
      [
        'Validations through Nginx.',
        '',
        '| what | median (lowest to highest) | beside | ratio | target |',
        '| --- | --- | --- | --- | --- |',
        '| validations | 24,000/s (23,000 to 25,000) | 30,000/s (30,000 to 30,000): a bare server | 0.80 (0.77 to 0.83) | at least 0.85: **missed** |',
        '',
        '- A note',
        '- Measured in 12 s: 2 cores.',
      ].join('\n'),
    );
  });

  it('shows a benchmark that failed, with what it had measured until then', () => {
    const text = markdown({ ...outcome, failure: 'the stack ended' });
    expect(text).toContain('**Not measured to its end: the stack ended**');
    expect(text).toContain('24,000/s');
  });

  it('replaces what stood in its place of the document, and nothing else', () => {
    const document =
      'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n<!-- bench:y -->\nkept\n<!-- /bench:y -->\n';
    const replaced = replaceMarked(document, 'bench:x', 'new $& text');
    expect(replaced).toBe(document.replace('old', () => 'new $& text'));
  });

  it('has no place in a document without marks, or with one that is never closed', () => {
    expect(hasMarked('<!-- bench:x -->', 'bench:x')).toBe(false);
    expect(() => replaceMarked('', 'bench:x', 'text')).toThrow('<!-- bench:x --> … <!-- /bench:x -->');
  });
});
