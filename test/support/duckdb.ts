import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const VERSION = '2.0.1';
const folder = path.resolve(import.meta.dirname, `../../.local/programs/duckdb-${VERSION}`);
const INSTALL = { timeout: 240_000 };

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

let installed: Promise<string> | undefined;

/** DuckDB in a Python environment of its own, kept in the clone. */
async function install(): Promise<string> {
  if (!existsSync(path.join(folder, 'ready'))) {
    mkdirSync(path.dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', folder], INSTALL);
    await run(path.join(folder, 'bin/pip'), ['install', '--quiet', `duckdb==${VERSION}`], INSTALL);
    writeFileSync(path.join(folder, 'ready'), '');
  }
  return path.join(folder, 'bin/python');
}

/**
 * Asks a DuckDB of its own, whose session is in a time zone far from UTC.
 * @returns the rows that answer each question
 */
export async function askDuckdb(
  setUp: readonly string[],
  questions: readonly string[],
): Promise<Record<string, unknown>[][]> {
  installed ??= install();
  const python = await installed;
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
