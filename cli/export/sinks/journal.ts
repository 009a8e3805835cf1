import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { formatPosition, parsePosition } from '../../../shared/events/position.ts';
import type { Criteria } from '../options/criteria.ts';
import { ExportRefused } from '../options/errors.ts';
import type { Place } from '../source/source.ts';

/** What an export set out to do: fixed at its start, also for whoever goes on with it. */
export interface JournalHead {
  readonly criteria: Criteria;
  /** Where the log ended; undefined if it was empty. */
  readonly end: Place | undefined;
}

/** A moment at which everything up to an event was durably in the target. */
export interface Checkpoint {
  readonly place: Place;
  /** Events exported so far. */
  readonly events: number;
  /** Bytes of the file so far. */
  readonly bytes: number;
  /** What the encoder needs besides. */
  readonly state?: string | undefined;
}

export interface ReadJournal extends JournalHead {
  readonly checkpoints: readonly Checkpoint[];
  readonly isComplete: boolean;
  /** Bytes of the whole lines: what stands behind them was cut off in the middle of writing. */
  readonly length: number;
}

/**
 * The checkpoints of an export, in a file beside it: a line of JSON each, appended and flushed to disk. Appended, because
 * a Parquet file's checkpoints together hold the larger part of its footer.
 */
export class Journal {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes the file, whole or not at all, and durably. */
  static async create(file: string, { criteria, end }: JournalHead): Promise<Journal> {
    const draft = `${file}.new`;
    const handle = await open(draft, 'w');
    await handle.writeFile(line({ version: 1, criteria, end: end ? toText(end) : null }));
    await handle.sync();
    await rename(draft, file);
    await syncFolderOf(file);
    return new Journal(handle);
  }

  /** Goes on with a file that was read. */
  static async reopen(file: string, length: number): Promise<Journal> {
    const handle = await open(file, 'r+');
    await handle.truncate(length);
    await handle.close();
    return new Journal(await open(file, 'a'));
  }

  async append({ place, events, bytes, state }: Checkpoint): Promise<void> {
    await this.#write({ ...toText(place), events, bytes, ...(state === undefined ? {} : { state }) });
  }

  async complete(): Promise<void> {
    await this.#write({ complete: true });
  }

  async #write(entry: object): Promise<void> {
    await this.#file.appendFile(line(entry));
    await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const line = (entry: object): string => `${JSON.stringify(entry)}\n`;
const toText = ({ position, id }: Place) => ({ position: formatPosition(position), id });

/** So that a new name or a rename in the folder is on disk too. */
export async function syncFolderOf(file: string): Promise<void> {
  const folder = await open(path.dirname(path.resolve(file)), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Reads a journal; undefined if there is none.
 * @throws ExportRefused `export_damaged`: it is not one of this program's
 */
export async function readJournal(file: string): Promise<ReadJournal | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  const length = bytes.lastIndexOf(0x0a) + 1;
  try {
    const [head, ...entries] = bytes
      .toString('utf8', 0, length)
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text));
    if (head?.version !== 1) throw new Error('its first line is not that of a checkpoint file');
    return {
      criteria: head.criteria,
      end: head.end ? toPlace(head.end) : undefined,
      checkpoints: entries.flatMap((entry) =>
        entry.complete ? [] : [{ ...entry, place: toPlace(entry) } satisfies Checkpoint],
      ),
      isComplete: entries.some((entry) => entry.complete),
      length,
    };
  } catch (cause) {
    throw new ExportRefused('export_damaged', `${file} is no checkpoint file that can be read`, { cause });
  }
}

function toPlace({ position, id }: { readonly position: string; readonly id: string }): Place {
  const parsed = parsePosition(position);
  if (!parsed) throw new Error(`${position} is no position`);
  return { position: parsed, id };
}
