import { stat } from 'node:fs/promises';
import type { ImportedCustomer } from '../../command-service/import/customer.ts';
import type { Imported, Importer } from '../../command-service/import/importer.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import type { Progress } from '../output/progress.ts';
import { type ParsedLine, parseLine } from './line.ts';
import { type Line, readLines } from './lines.ts';
import { Seen } from './seen.ts';
import { wordsOf } from './words.ts';

/** Customers under way at once: more of them take no more from the event store. */
const AT_ONCE = 64;
/** Of the lines under way. */
const MAX_BYTES = 32 * 2 ** 20;

export interface ImportOptions {
  readonly file: string;
  /** Lines before it are skipped. */
  readonly fromLine: number;
  /** What becomes of a customer: written, or only foreseen. */
  readonly take: Importer['import'];
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Told of every problem, in the order of the lines. */
  readonly onProblem: (line: number, problem: string) => void;
}

export interface ImportReport {
  readonly customers: number;
  /** Of them, those that were there already, with all their parts. */
  readonly unchanged: number;
  readonly events: number;
  readonly problems: number;
  /** The first line that was not taken; undefined if the file was read to its end. */
  readonly stoppedAt: number | undefined;
}

/** The import can't go on: a store is unreachable, for example. What was taken before stays. */
export class ImportStopped extends Error {
  readonly code = 'import_stopped';
  constructor(line: number, cause: unknown) {
    super(`stopped at line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ImportStopped';
    this.line = line;
  }
  readonly line: number;
}

/** A line on its way. */
interface Taken {
  readonly line: Line;
  readonly outcome: Promise<Imported | readonly string[]>;
}

/** What must be unique in a file, by the names of its places. */
function* uniques({ externalId, email, subscriptions, licenseKeys }: ImportedCustomer) {
  yield ['/external_id', externalId] as const;
  if (email !== undefined) yield ['/email', normaliseEmail(email) ?? email] as const;
  for (const [at, one] of subscriptions.entries())
    yield [`/subscriptions/${at}/external_id`, one.externalId] as const;
  for (const [at, { hash }] of licenseKeys.entries()) yield [`/license_keys/${at}`, hash] as const;
}

/** Finds what an earlier line has: the later one is a mistake, whoever is right. */
function repeated(seen: Seen, customer: ImportedCustomer, number: number): string[] {
  return [...uniques(customer)].flatMap(([place, value]) => {
    const first = seen.at(`${place.replace(/\d+/, '')} ${value}`, number);
    return first === undefined ? [] : [`${place}: line ${first} has the same`];
  });
}

function parsed(line: Line, seen: Seen): ParsedLine {
  if (line.text === undefined) return { problems: ['the line is longer than 4 MiB'] };
  const read = parseLine(line.text);
  if (!read.customer) return read;
  const problems = repeated(seen, read.customer, line.number);
  return problems.length > 0 ? { problems } : read;
}

/**
 * Takes the customers of a file, several at once, and tells of their problems in the order of the lines. A customer with a
 * problem is left out, and the others go on.
 * @throws ImportStopped
 */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const { file, fromLine, take, signal, progress, onProblem } = options;
  const { size } = await stat(file);
  const seen = new Seen();
  const report = { customers: 0, unchanged: 0, events: 0, problems: 0 };
  const underWay: Taken[] = [];
  let bytes = 0;

  async function settleFirst(): Promise<void> {
    const [first] = underWay;
    if (!first) return;
    const { line, outcome } = first;
    let settled: Imported | readonly string[];
    try {
      settled = await outcome;
    } catch (cause) {
      throw new ImportStopped(line.number, cause);
    }
    underWay.shift();
    bytes -= line.text?.length ?? 0;
    const problems = 'kind' in settled ? problemsOf(settled) : settled;
    for (const problem of problems) onProblem(line.number, problem);
    report.problems += problems.length;
    if ('kind' in settled && settled.kind === 'imported') {
      report.customers += 1;
      report.events += settled.events;
      if (settled.events === 0) report.unchanged += 1;
    }
    progress.update({ count: report.customers, fraction: size === 0 ? 1 : line.end / size });
  }

  async function begin(line: Line): Promise<void> {
    const { customer, problems } = parsed(line, seen);
    const outcome = customer ? take(customer) : Promise.resolve(problems);
    // Whoever waits for it is told; until then nobody is.
    outcome.catch(() => {});
    underWay.push({ line, outcome });
    bytes += line.text?.length ?? 0;
    while (underWay.length >= AT_ONCE || bytes > MAX_BYTES) await settleFirst();
  }

  let stoppedAt: number | undefined;
  try {
    for await (const line of readLines(file)) {
      if (line.number < fromLine) continue;
      if (signal.aborted) {
        stoppedAt = line.number;
        break;
      }
      await begin(line);
    }
    while (underWay.length > 0) await settleFirst();
  } finally {
    progress.end();
    // What was begun is brought to its end: its outcome would not be known else.
    await Promise.allSettled(underWay.map(({ outcome }) => outcome));
  }
  return { ...report, stoppedAt };
}

const problemsOf = (imported: Imported): readonly string[] =>
  imported.kind === 'refused' ? [wordsOf(imported)] : [];
