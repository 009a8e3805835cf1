import { isFlat, type Trend } from './memory.ts';
import type { LongReport } from './run.ts';

const MOST_SHOWN = 20;

const growing = ({ memory }: LongReport): string[] =>
  memory.filter((one) => !isFlat(one)).map(({ name }) => name);

/** Every answer was right, every promise kept, and the memory of every process flat. */
export const isKept = (report: LongReport): boolean =>
  report.wrong.length === 0 && growing(report).length === 0;

function verdict(report: LongReport): string {
  const { wrong } = report;
  const grown = growing(report);
  const answers =
    wrong.length === 0 ? 'every answer was right and every promise was kept' : `${wrong.length} wrong`;
  const memory =
    grown.length === 0 ? 'the memory of every process stayed flat' : `the memory of ${grown.join(', ')} grew`;
  return `${answers}; ${memory}`;
}

const counted = ({ counts }: LongReport) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
const figures = ({ first, last, most, growth }: Trend) =>
  [first, last, most, growth].map((mib) => mib.toFixed(1));

/** For a terminal. */
export function lines(report: LongReport): string[] {
  return [
    ...counted(report).map(([what, count]) => `${String(count).padStart(8)}  ${what}`),
    '',
    'memory, MiB     warmed up       last       most  growth an hour',
    ...report.memory.map(
      (one) =>
        `${one.name.padEnd(14)} ${figures(one)
          .map((text) => text.padStart(10))
          .join(' ')}`,
    ),
    ...report.wrong.slice(0, MOST_SHOWN).map((line) => `WRONG  ${line}`),
    '',
    verdict(report),
  ];
}

/** For a document. */
export function asMarkdown(what: string, report: LongReport): string {
  return [
    `${what}: ${verdict(report)}.`,
    '',
    '| what | how often |',
    '|---|---|',
    ...counted(report).map(([name, count]) => `| ${name} | ${count} |`),
    '',
    '| memory of | once warmed up, MiB | at the end | most | growth an hour |',
    '|---|---|---|---|---|',
    ...report.memory.map((one) => `| ${one.name} | ${figures(one).join(' | ')} |`),
  ].join('\n');
}
