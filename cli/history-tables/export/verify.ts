import { type Problem, problemsOf } from '../../export-folder/check.ts';
import { readManifest, wasCutOff } from '../../export-folder/folder.ts';
import { type Entry, type Manifest, writtenBy } from '../../export-folder/manifest.ts';
import { type Part, type PartTarget, placeOfFile } from '../../export-folder/part-writer.ts';
import type { Checked } from '../../export-folder/words.ts';
import { DUCKDB_FILE, duckdbFile } from './duckdb.ts';
import type { TablesWork } from './export.ts';
import { fileEntry } from './file-entry.ts';
import { makeTables } from './make.ts';
import { checkOrigin, erasedSince, monthsOf, openPartitions, partitionsOf } from './partitions.ts';

export interface TablesChecked extends Checked {
  /** Files that were not compared with the tables: of what changed since, and of users who were erased since. */
  readonly notCompared: number;
}

/**
 * Compares a folder with its manifest, and what it has of months that are over with the tables; what is known now, too, if
 * the folder is as far as they are. Changes nothing.
 * @throws FolderRefused, the signal's reason, and what PostgreSQL throws
 */
export async function verifyTables(work: TablesWork): Promise<TablesChecked> {
  const { folder, snapshot } = work;
  const manifest = await readManifest(folder);
  checkOrigin(folder, manifest, snapshot);
  const problems = await problemsOf(folder, manifest);
  if (await wasCutOff(folder)) {
    problems.push({
      file: 'manifest.json',
      problem: 'is being changed, or that was cut off: run the same again',
    });
  }
  const erased = await erasedSince(snapshot, manifest);
  const compared = await comparable(work, manifest, new Set(erased.map(({ file }) => file)));
  const made = await makeAgain(work, manifest, compared);
  const isCompared = ({ file }: Entry) =>
    compared.has(file === DUCKDB_FILE ? file : placeOfFile(file).partition);
  const entries = manifest.files.filter(isCompared);
  let byOthers = 0;
  for (const entry of entries) {
    const part = made.get(entry.file);
    made.delete(entry.file);
    if (part?.sha256 === entry.sha256) continue;
    if (part && entry.written_by !== writtenBy() && part.rows === entry.rows) byOthers += 1;
    else problems.push({ file: entry.file, problem: 'is not what the history tables hold' });
  }
  for (const file of made.keys())
    problems.push({ file, problem: 'is in the history tables, and not in the manifest' });
  return {
    ...{
      manifest,
      problems: unique(problems),
      byOthers,
      toErase: new Set(erased.map(({ user }) => user)).size,
    },
    notCompared: manifest.files.length - entries.length,
  };
}

/** One problem a file: the first that was found. */
const unique = (problems: readonly Problem[]): Problem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.file, problem])).values()].reverse();

/** The partitions that the tables still hold as the folder should. */
async function comparable(
  { snapshot }: TablesWork,
  manifest: Manifest,
  erased: ReadonlySet<string>,
): Promise<Set<string>> {
  const isCurrent = manifest.up_to?.position === snapshot.upTo.position;
  const months = await monthsOf(snapshot);
  const kept = partitionsOf(manifest);
  const compared = new Set<string>(isCurrent ? [...openPartitions, DUCKDB_FILE, ...months.keys()] : []);
  for (const [partition, entries] of kept) {
    if (openPartitions.includes(partition)) continue;
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
    // Rows are only ever added to a month: more of them came since, fewer are a difference.
    if ((months.get(partition) ?? 0) <= rows) compared.add(partition);
  }
  for (const partition of erased) compared.delete(partition);
  return compared;
}

async function makeAgain(
  { snapshot, signal, progress }: TablesWork,
  manifest: Manifest,
  partitions: ReadonlySet<string>,
): Promise<Map<string, Pick<Part, 'sha256' | 'rows'>>> {
  const made = new Map<string, Pick<Part, 'sha256' | 'rows'>>();
  const target: PartTarget = {
    begin: async () => {},
    write: async () => {},
    end: async (part) => void made.set(part.file, part),
  };
  const { rows_per_file: rowsPerFile } = manifest;
  await makeTables({ db: snapshot.db, partitions, rowsPerFile, target, signal, progress });
  if (partitions.has(DUCKDB_FILE)) {
    made.set(DUCKDB_FILE, fileEntry(DUCKDB_FILE, await duckdbFile(snapshot.db), ''));
  }
  return made;
}
