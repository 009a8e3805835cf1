import type { Draft } from '../../export-folder/draft.ts';
import { DraftTarget } from '../../export-folder/draft-target.ts';
import { ExportFolder } from '../../export-folder/folder.ts';
import { type Entry, type Manifest, writtenBy } from '../../export-folder/manifest.ts';
import { placeOfFile } from '../../export-folder/part-writer.ts';
import type { ErasedRows } from '../../export-folder/words.ts';
import type { Progress } from '../../output/progress.ts';
import { DUCKDB_FILE, duckdbFile } from './duckdb.ts';
import { fileEntry } from './file-entry.ts';
import { makeTables } from './make.ts';
import { checkOrigin, erasedSince, monthsOf, openPartitions, partitionsOf } from './partitions.ts';
import type { Snapshot } from './snapshot.ts';

export interface TablesWork {
  readonly folder: string;
  readonly snapshot: Snapshot;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface TablesExport extends TablesWork {
  /** Whether rows of users who were erased since are made again, in months that are over too. */
  readonly erase: boolean;
  /** For a new folder; one that is there has its own. */
  readonly rowsPerFile?: number;
}

export interface TablesExported {
  readonly manifest: Manifest;
  /** Files that were written. */
  readonly written: number;
  /** Rows of users who were erased since, by partition: made again, or left to an erasing. */
  readonly erased: readonly ErasedRows[];
}

const ROWS_PER_FILE = 100_000;

/**
 * Brings a folder up to what the history tables hold: what is known now is written again, and each month that has rows more
 * than the folder has of it; the others are left alone. All files change at once, so the folder is never of two times.
 * @throws FolderRefused, the signal's reason, and what PostgreSQL throws
 */
export async function exportTables(options: TablesExport): Promise<TablesExported> {
  const { snapshot, erase, rowsPerFile = ROWS_PER_FILE } = options;
  const empty: Manifest = {
    ...{ format: 1, kind: 'history-tables', criteria: { types: [] } },
    ...{ rows_per_file: rowsPerFile, up_to: null, files: [] },
  };
  const folder = await ExportFolder.open(options.folder, erase ? undefined : empty);
  checkOrigin(options.folder, folder.manifest, snapshot);
  const erased = await erasedSince(snapshot, folder.manifest);
  const wanted = await changedPartitions(snapshot, folder.manifest);
  if (erase) for (const { file } of erased) wanted.add(file);
  const drafts: Draft[] = [];
  try {
    const made = await make(options, folder, wanted, drafts);
    const left = erase ? new Set<string>() : new Set(erased.map(({ file }) => file));
    const files = merged(folder.manifest, wanted, made, left, snapshot.upTo.position);
    const before = new Map(folder.manifest.files.map(({ file, sha256 }) => [file, sha256]));
    await folder.commit({ ...folder.manifest, up_to: snapshot.upTo, files }, drafts);
    const written = made.filter(({ file, sha256 }) => before.get(file) !== sha256).length;
    return {
      manifest: folder.manifest,
      written,
      erased: erased.filter(({ file }) => erase || !wanted.has(file)),
    };
  } catch (error) {
    await Promise.all(drafts.map((draft) => draft.discard()));
    throw error;
  }
}

/** What is known now, and months of which the tables have other rows: those of a month are only ever more. */
async function changedPartitions(snapshot: Snapshot, manifest: Manifest): Promise<Set<string>> {
  const wanted = new Set(openPartitions);
  const before = partitionsOf(manifest);
  for (const [partition, rows] of await monthsOf(snapshot)) {
    const has = (before.get(partition) ?? []).reduce((sum, entry) => sum + entry.rows, 0);
    if (has !== rows) wanted.add(partition);
  }
  return wanted;
}

/** Writes the drafts. @returns what the manifest says of them */
async function make(
  { snapshot, signal, progress }: TablesExport,
  folder: ExportFolder,
  partitions: ReadonlySet<string>,
  drafts: Draft[],
): Promise<Entry[]> {
  const made: Entry[] = [];
  const target = new DraftTarget(folder, async (part, draft) => {
    drafts.push(draft);
    await draft.complete();
    made.push({ ...part, erased_to: snapshot.upTo.position, written_by: writtenBy() });
  });
  try {
    const { rows_per_file: rowsPerFile } = folder.manifest;
    await makeTables({ db: snapshot.db, partitions, rowsPerFile, target, signal, progress });
  } finally {
    await target.close();
  }
  const sql = await duckdbFile(snapshot.db);
  const draft = await folder.begin(DUCKDB_FILE);
  drafts.push(draft);
  await draft.write(sql);
  made.push(fileEntry(DUCKDB_FILE, sql, snapshot.upTo.position));
  return made;
}

/** The files of the folder from now on, sorted. Those of partitions that were made again are gone, unless they were made. */
function merged(
  { files }: Manifest,
  wanted: ReadonlySet<string>,
  made: readonly Entry[],
  left: ReadonlySet<string>,
  erased_to: string,
): Entry[] {
  const kept = files
    .filter(({ file }) => file !== DUCKDB_FILE && !wanted.has(placeOfFile(file).partition))
    .map((entry) => (left.has(placeOfFile(entry.file).partition) ? entry : { ...entry, erased_to }));
  return [...kept, ...made].sort((a, b) => (a.file < b.file ? -1 : 1));
}
