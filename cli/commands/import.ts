import { createImporter } from '../../command-service/import/importer.ts';
import { type Command, Interrupted, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { readImportConfig } from '../config.ts';
import { persistently } from '../import/persistently.ts';
import { type ImportReport, ImportStopped, runImport } from '../import/run.ts';
import { createProgress } from '../output/progress.ts';
import { openWriteSide } from '../write-side/open.ts';

/** Customers were left out. */
class ImportIncomplete extends Error {
  readonly code = 'import_incomplete';
  constructor(problems: number) {
    super(
      `${problems.toLocaleString('en')} problem${problems === 1 ? '' : 's'}: the customers of these lines are left out. ` +
        'Mend the lines, and import the file again: what is there already stays as it is.',
    );
    this.name = 'ImportIncomplete';
  }
}

interface Choices {
  readonly file: string;
  readonly fromLine: number;
  readonly isDryRun: boolean;
}

function readArguments(args: readonly string[]): Choices {
  const { values, positionals } = parseOptions(args, {
    options: {
      'dry-run': { type: 'boolean', default: false },
      'from-line': { type: 'string', default: '1' },
    },
    allowPositionals: true,
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('name one file');
  const { 'from-line': from, 'dry-run': isDryRun } = values;
  if (!/^[1-9]\d{0,8}$/.test(from)) throw new UsageError('--from-line must be the number of a line, from 1');
  return { file, fromLine: Number(from), isDryRun };
}

const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

function say({ customers, unchanged, events }: ImportReport, isDryRun: boolean, io: Io): void {
  const verb = isDryRun ? 'would be imported' : 'imported';
  const before =
    unchanged === 0 ? '' : `; ${unchanged.toLocaleString('en')} of them had been imported before`;
  io.err(`${count(customers, 'customer')} ${verb} (${count(events, 'event')})${before}.`);
}

/** Runs it, and says where to go on if it could not come to its end. */
async function importFile({ file, fromLine, isDryRun }: Choices, io: Io, signal: AbortSignal): Promise<void> {
  const goOn = (line: number) => `Go on with: import ${file} --from-line ${line}`;
  const { dependencies, close } = await openWriteSide(readImportConfig(), 'cli import');
  const importer = createImporter(dependencies);
  let report: ImportReport;
  try {
    report = await runImport({
      ...{ file, fromLine, signal },
      take: persistently(isDryRun ? importer.foresee : importer.import, signal),
      progress: createProgress({ stream: process.stderr, unit: 'customers' }),
      onProblem: (line, problem) => io.out(`line ${line}\t${problem}`),
    });
  } catch (error) {
    if (error instanceof ImportStopped) io.err(goOn(error.line));
    throw error;
  } finally {
    await close();
  }
  say(report, isDryRun, io);
  if (report.stoppedAt !== undefined) {
    const { exitCode } = signal.reason as Interrupted;
    throw new Interrupted(`interrupted. ${goOn(report.stoppedAt)}`, exitCode);
  }
  if (report.problems > 0) throw new ImportIncomplete(report.problems);
}

/** Takes over customers from another system. */
export const importCommand: Command = {
  name: 'import',
  summary: 'take over customers, subscriptions, license keys and machines from another system',
  usage: `import FILE.ndjson [--dry-run] [--from-line N]

Each line of the file is a customer with everything that belongs to it (docs/import.md). A customer is taken over whole, by
the rules that hold for staff, or left out with the problem printed to standard output: its line, the place in it, and why.
Importing a file again changes nothing of what it has imported before, whatever has become of it since.

  --dry-run      write nothing; say what would be refused
  --from-line N  skip the lines before it: to go on where an import was interrupted

Works beside running services. Exits with 1 if customers were left out.

Settings: EVENTSTORE_URL, DATABASE_URL, VAULT_DATABASE_URL, VAULT_MASTER_KEY, PLAN_CATALOGUE_FILE, EVENT_SCHEMA_LEVEL.`,
  async run(args, io) {
    const choices = readArguments(args);
    await interruptible((signal) => importFile(choices, io, signal));
  },
};
