import { readFileSync } from 'node:fs';
import path from 'node:path';

export const folder = path.resolve(import.meta.dirname, '../../../../examples/analytics');

/** A line of the story: at noon (UTC) of a day somebody did something, or had it done to them. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** A table of a Markdown document, by its header's first cells: its rows as they stand, without the header. */
function tableOf(text: string, header: string): string[][] {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(header));
  if (begin < 0) throw new Error(`no table begins with ${header}`);
  const rows = lines.slice(begin + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export const noon = (day: string): number => Date.parse(`${day}T12:00:00.000Z`);

/** What happened at the small company of examples/analytics/story.md, in its order. */
export function readStory(): Line[] {
  const text = readFileSync(path.join(folder, 'story.md'), 'utf8');
  return tableOf(text, '| day | who | what |').map(([day = '', who = '', what = '']) => ({
    at: noon(day),
    who,
    what,
  }));
}
