import { comparePositions, formatPosition, type Position } from '../../../shared/event-log/position.ts';
import { DraftTarget } from '../../export-folder/draft-target.ts';
import { ExportFolder } from '../../export-folder/folder.ts';
import { type Entry, writtenBy } from '../../export-folder/manifest.ts';
import { placeOfFile } from '../../export-folder/part-writer.ts';
import type { Erased, ErasedRows } from '../../export-folder/words.ts';
import { endOfLog } from '../source/source.ts';
import { type Affected, affectedBy, erasedUsers, positionOf } from './erasures.ts';
import { checkOrigin, type FolderWork } from './open.ts';
import { PartMaker } from './parts.ts';

/**
 * Takes out of a folder what the erasures since take: parts that hold something of those users are made again from the log, and
 * no others. Part by part: whatever ends it, the next run does what is left.
 * @throws FolderRefused, UnknownEvent, EventStoreUnavailable, the signal's reason
 */
export async function eraseFolder(options: FolderWork): Promise<Erased> {
  const { log, reader, signal } = options;
  const folder = await ExportFolder.open(options.folder);
  await checkOrigin(options.folder, folder.manifest, log);
  const { files, criteria } = folder.manifest;
  const end = await endOfLog(log);
  const [after] = files.map(({ erased_to }) => positionOf(erased_to)).sort(comparePositions);
  if (!end || !after) return { upTo: end && formatPosition(end), users: 0, erased: [] };
  const since = await erasedUsers({ log, reader, after, end, signal });
  const affected = [...(await affectedBy(since, files, criteria.types, log)).values()];
  const erasedTo = formatPosition(end);
  if (affected.length > 0) {
    const [first] = affected.map(({ entry }) => positionOf(entry.first)).sort(comparePositions);
    // Those who were erased before, too: they stay erased in what is made again.
    const erased = await erasedUsers({ log, reader, after: first, end, signal });
    for (const { entry } of affected) await remake(options, folder, entry, erased, erasedTo);
  }
  const upToDate = folder.manifest.files.map((entry) => ({ ...entry, erased_to: erasedTo }));
  await folder.commit({ ...folder.manifest, files: upToDate });
  return { upTo: erasedTo, users: since.size, erased: affected.flatMap(rowsErased).sort(byPlace) };
}

const rowsErased = ({ entry: { file }, users }: Affected): ErasedRows[] =>
  [...users].map(([user, rows]) => ({ file, user, rows }));

const byPlace = (a: ErasedRows, b: ErasedRows): number =>
  a.file.localeCompare(b.file) || a.user.localeCompare(b.user);

async function remake(
  { log, reader, foreign, signal }: FolderWork,
  folder: ExportFolder,
  entry: Entry,
  erased: ReadonlyMap<string, Position>,
  erased_to: string,
): Promise<void> {
  const { criteria, rows_per_file } = folder.manifest;
  const target = new DraftTarget(folder, async (part, draft) => {
    const next = { ...part, erased_to, written_by: writtenBy() };
    const files = folder.manifest.files.map((file) => (file.file === part.file ? next : file));
    await folder.commit({ ...folder.manifest, files }, [draft]);
  });
  const maker = new PartMaker({
    ...{ log, reader, foreign, signal, types: criteria.types, target, rowsPerFile: rows_per_file },
    isErased: (user) => erased.has(user),
  });
  const { partition, number } = placeOfFile(entry.file);
  try {
    await maker.make({
      ...{ from: positionOf(entry.first), last: positionOf(entry.last) },
      time: `${partition.slice('month='.length)}-01T00:00:00.000Z`,
      before: { partition, number: number - 1 },
    });
  } finally {
    await target.close();
  }
}
