import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from './python.ts';

const run = promisify(execFile);
/** What analysts who use the examples install. */
const requirements = path.resolve(import.meta.dirname, '../../../examples/analytics/requirements.txt');

/** To be waited for before the tests: it takes seconds, and minutes on a busy machine. */
export const installDuckdb = (): Promise<string> => pythonWith(requirements);

/** Runs the statements of a file, then each question, and prints a line of JSON an answer. */
const PROGRAM = `
import datetime, json, sys, duckdb
connection = duckdb.connect()
task = json.load(open(sys.argv[1]))
connection.execute("SET TimeZone = 'Pacific/Auckland'")
for statement in task["setUp"]:
    connection.execute(statement)
plain = lambda value: value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else str(value)
for question in task["questions"]:
    answer = connection.execute(question)
    names = [column[0] for column in answer.description]
    print(json.dumps([dict(zip(names, row)) for row in answer.fetchall()], default=plain))
`;

/**
 * Asks a DuckDB of its own, whose session is in a time zone far from UTC.
 * @returns the rows that answer each question
 */
export async function askDuckdb(
  setUp: readonly string[],
  questions: readonly string[],
): Promise<Record<string, unknown>[][]> {
  const python = await installDuckdb();
  const work = mkdtempSync(path.join(tmpdir(), 'duckdb-'));
  try {
    const [program, task] = ['ask.py', 'task.json'].map((name) => path.join(work, name)) as [string, string];
    writeFileSync(program, PROGRAM);
    writeFileSync(task, JSON.stringify({ setUp, questions }));
    const { stdout } = await run(python, [program, task], { timeout: 60_000, maxBuffer: 1 << 28 });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(work, { recursive: true });
  }
}
