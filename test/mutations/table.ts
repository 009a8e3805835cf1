import type { Mutation } from './mutation.ts';
import type { Result } from './try-out.ts';

export interface Tried {
  readonly mutation: Mutation;
  readonly result: Result;
}

const HEAD = '| promise | broken | noticed by |\n|---|---|---|';

/** What stands in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function noticedBy(result: Result): string {
  switch (result.kind) {
    case 'noticed':
      return `\`${result.file}\`: ${cell(result.test)}`;
    case 'unnoticed':
      return '**nothing**';
    case 'problem':
      return `**not tried**: ${cell(result.problem)}`;
    default:
      return result satisfies never;
  }
}

/** A mutation's line of the table. */
export const lineOf = ({ mutation, result }: Tried): string =>
  `| ${mutation.promise} | ${cell(mutation.name)} | ${noticedBy(result)} |`;

const nameIn = (line: string): string | undefined => line.split(' | ')[1];

const isMissed = (line: string): boolean => /\| \*\*(nothing|not tried)\*\*/.test(line);

/** Whether a document names the test that noticed a mutation. */
export const isNoticed = (document: string, name: string): boolean =>
  document.split('\n').some((line) => nameIn(line) === cell(name) && !isMissed(line));

/**
 * The table with the lines of what was tried now. Of mutations that were not chosen this time the line stays that stands in
 * the document; one that was never tried says so.
 */
export function tableOf(all: readonly Mutation[], tried: readonly Tried[], before: string): string {
  const now = new Map(tried.map((one) => [one.mutation, lineOf(one)]));
  const known = new Map(before.split('\n').map((line) => [nameIn(line), line]));
  const lines = all.map(
    (mutation) =>
      now.get(mutation) ??
      known.get(cell(mutation.name)) ??
      lineOf({ mutation, result: { kind: 'problem', problem: 'new' } }),
  );
  const missed = lines.filter(isMissed).length;
  return [HEAD, ...lines, '', `${lines.length - missed} of ${lines.length} noticed.`].join('\n');
}
