import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { installDuckdb } from '../../support/analysis/duckdb.ts';
import { folder } from './story/read.ts';

const run = promisify(execFile);

/** A question's answer: its columns, and its rows in any order, as text. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Their names: `finance/mrr`, … */
export const questions: readonly string[] = globSync('*/*.sql', { cwd: path.join(folder, 'questions') })
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();

export const fileOf = (question: string): string => path.join(folder, 'questions', `${question}.sql`);

const byText = (a: readonly string[], b: readonly string[]): number => (a.join() < b.join() ? -1 : 1);

/** The answer that was worked out by hand. */
export function byHand(question: string): Answer {
  const text = readFileSync(path.join(folder, 'answers', `${question}.csv`), 'utf8');
  const [columns = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return { columns, rows: rows.sort(byText) };
}

/** An answer with the customers' names in place of their ids. */
export const named = ({ columns, rows }: Answer, names: ReadonlyMap<string, string>): Answer => ({
  columns,
  rows: rows.map((row) => row.map((cell) => names.get(cell) ?? cell)).sort(byText),
});

const ANY_TIME_ZONE = 'Pacific/Auckland';

/** Asks the history tables in PostgreSQL, from a session in a time zone far from UTC. */
export function askPostgres(pool: Pool, question: string): Promise<Answer> {
  return inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL search_path = history; SET LOCAL TimeZone = '${ANY_TIME_ZONE}'`);
    const { fields, rows } = await client.query<(string | null)[]>({
      text: readFileSync(fileOf(question), 'utf8'),
      rowMode: 'array',
      types: { getTypeParser: () => (text: string) => text },
    });
    return {
      columns: fields.map(({ name }) => name),
      rows: rows.map((row) => row.map((cell) => cell ?? '')),
    };
  });
}

/** Asks the exported history tables in DuckDB, all questions in one process, as somebody on the command line would. */
export async function askDuckdb(exported: string, asked: readonly string[]): Promise<Map<string, Answer>> {
  const python = await installDuckdb();
  const args = [path.join(folder, 'ask.py'), '--json', exported, ...asked.map(fileOf)];
  const { stdout } = await run(python, args, {
    env: { ...process.env, TZ: ANY_TIME_ZONE, LC_ALL: 'C', PYTHONUTF8: '0', PYTHONCOERCECLOCALE: '0' },
  });
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line): Answer => JSON.parse(line));
  return new Map(asked.map((question, i) => [question, answers[i] as Answer]));
}

/** Draws what the notebook draws. @returns the pictures, by their file's name */
export async function drawNotebook(exported: string, pictures: string): Promise<Map<string, string>> {
  const python = await installDuckdb();
  await run(python, [path.join(folder, 'run-notebook.py'), exported, pictures]);
  return new Map(
    globSync('*.svg', { cwd: pictures }).map((file) => [
      file,
      readFileSync(path.join(pictures, file), 'utf8'),
    ]),
  );
}
