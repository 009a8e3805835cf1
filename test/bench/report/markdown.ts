import { figure, type Row } from './row.ts';
import { cpuText, figureText } from './words.ts';

/** What became of one benchmark. */
export interface Outcome {
  readonly name: string;
  readonly summary: string;
  /** When, on what machine, with which versions. */
  readonly circumstances: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  readonly seconds: number;
  /** Why it has no result, or not all of them. */
  readonly failure?: string;
}

/** The place of a benchmark in a document. */
export const markOf = (name: string): string => `bench:${name}`;

/** A benchmark's results as Markdown: a table, the CPU times, and what to know of them. */
export function markdown(outcome: Outcome): string {
  const { summary, circumstances, rows, notes, seconds, failure } = outcome;
  const lines = [
    `${capital(summary)}.`,
    ...(rows.length > 0 ? ['', ...table(rows)] : []),
    '',
    ...[
      ...rows.flatMap(({ what, cpu }) => (cpu ? [`CPU time of one, ${what}: ${cpuText(cpu)}.`] : [])),
      ...notes,
      `Measured in ${Math.round(seconds)} s: ${circumstances}.`,
    ].map((item) => `- ${item}`),
    ...(failure ? ['', `**Not measured to its end: ${failure}**`] : []),
  ];
  return lines.join('\n');
}

function table(rows: readonly Row[]): string[] {
  const cells = rows.map(({ what, figure: ours, beside, ratio, target }) => [
    what,
    figureText(ours),
    beside ? `${figureText(beside.figure)}: ${beside.what}` : '',
    ratio ? figureText(figure(ratio, '')) : '',
    target ? `${target.text}: ${target.met ? 'met' : '**missed**'}` : '',
  ]);
  const head = ['what', 'median (lowest to highest)', 'beside', 'ratio', 'target'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`);
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
