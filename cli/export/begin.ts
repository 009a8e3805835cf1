import { access, rm, stat } from 'node:fs/promises';
import type { EventLog } from '../../shared/event-log.ts';
import { formatPosition, parsePosition } from '../../shared/events/position.ts';
import { STREAM_PREFIXES } from '../../shared/events/streams.ts';
import { UsageError } from '../command.ts';
import { type Criteria, differences } from './options/criteria.ts';
import { ExportRefused } from './options/errors.ts';
import { type Checkpoint, Journal, type ReadJournal, readJournal } from './sinks/journal.ts';
import { PartFile } from './sinks/part-file.ts';
import { endOfLog, type Place } from './source/source.ts';

/** What a run begins with, or goes on with. */
export interface Begun {
  readonly journal: Journal;
  readonly end: Place | undefined;
  /** Where an earlier run has left off. */
  readonly last: Checkpoint | undefined;
  readonly checkpoints: readonly Checkpoint[];
}

const exists = async (file: string): Promise<boolean> => {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

export const journalOf = (file: string): string => `${file}.checkpoint`;

/**
 * Opens the journal of an export into a file.
 * @throws ExportRefused the file is there, or a part of it that this run must not or can't go on with
 */
export async function beginFile(
  log: EventLog,
  criteria: Criteria,
  { file, resume }: { readonly file: string; readonly resume: boolean },
): Promise<Begun> {
  if (await exists(file)) {
    // Ended between giving the file its name and removing this.
    if (!(await exists(PartFile.nameOf(file)))) await rm(journalOf(file), { force: true });
    throw new ExportRefused(
      'export_exists',
      `${file} is there already, and whole: name another, or remove it`,
    );
  }
  const journalFile = journalOf(file);
  const part = PartFile.nameOf(file);
  const journal = await readJournal(journalFile);
  if (!journal && (await exists(part))) {
    throw new ExportRefused('export_damaged', `${part} is there without ${journalFile}: remove it`);
  }
  const begun = await begin(log, criteria, { journal, journalFile, resume, leftovers: [part, journalFile] });
  const size = begun.last ? (await stat(part).catch(() => ({ size: -1 }))).size : 0;
  if (begun.last && size < begun.last.bytes) {
    await begun.journal.close();
    throw new ExportRefused(
      'export_damaged',
      `${part} is shorter than ${journalFile} says: remove both and start again`,
    );
  }
  return begun;
}

interface Leftovers {
  readonly journal: ReadJournal | undefined;
  readonly journalFile: string;
  readonly resume: boolean;
  /** The files that an interrupted export leaves. */
  readonly leftovers: readonly string[];
}

/** @throws ExportRefused */
export async function begin(log: EventLog, criteria: Criteria, options: Leftovers): Promise<Begun> {
  const { journal, journalFile, resume, leftovers } = options;
  if (!journal) {
    const end = await endOfLog(log);
    const created = await Journal.create(journalFile, { criteria, end });
    return { journal: created, end, last: undefined, checkpoints: [] };
  }
  const files = leftovers.join(' and ');
  if (journal.isComplete) {
    throw new ExportRefused(
      'export_exists',
      `${files} tells of an export that is complete: remove it to repeat it`,
    );
  }
  if (!resume) {
    throw new ExportRefused(
      'export_interrupted',
      `an interrupted export is there: go on with it (--resume), or remove ${files}`,
    );
  }
  const differing = differences(journal.criteria, criteria);
  if (differing.length > 0) {
    throw new ExportRefused(
      'export_differs',
      `the interrupted export was begun with other options (${differing.join(', ')}): give the same, or remove ${files}`,
    );
  }
  const last = journal.checkpoints.at(-1);
  for (const place of [last?.place, journal.end]) await verify(log, place, files);
  const reopened = await Journal.reopen(journalFile, journal.length);
  return { journal: reopened, end: journal.end, last, checkpoints: journal.checkpoints };
}

async function verify(log: EventLog, place: Place | undefined, files: string): Promise<void> {
  if (!place || (await log.readEventAt(place.position))?.id === place.id) return;
  throw new ExportRefused(
    'log_replaced',
    `event ${place.id} does not stand at ${formatPosition(place.position)} any more: the event store was restored or ` +
      `replaced since the export began. Remove ${files} and start again`,
  );
}

/** A range begins at an event of this log. @throws UsageError */
export async function checkRange(log: EventLog, criteria: Criteria): Promise<void> {
  for (const name of ['from', 'after'] as const) {
    const position = parsePosition(criteria[name] ?? '');
    if (!position) continue;
    const event = await log.readEventAt(position);
    if (event && STREAM_PREFIXES.some((prefix) => event.stream.startsWith(prefix))) continue;
    throw new UsageError(`--${name}: no event stands at ${criteria[name]} in this event store`);
  }
}
