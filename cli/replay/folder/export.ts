import { comparePositions, formatPosition, type Position } from '../../../shared/event-log/position.ts';
import { UsageError } from '../../command-line/command.ts';
import { DraftTarget } from '../../export-folder/draft-target.ts';
import { FolderRefused } from '../../export-folder/errors.ts';
import { ExportFolder } from '../../export-folder/folder.ts';
import { type Entry, type Manifest, writtenBy } from '../../export-folder/manifest.ts';
import { placeOfFile } from '../../export-folder/part-writer.ts';
import type { Progress } from '../../output/progress.ts';
import { endOfLog } from '../source/source.ts';
import { affectedBy, erasedUsers, positionOf, usersIn } from './erasures.ts';
import { checkOrigin, type FolderWork } from './open.ts';
import { type Mark, PartMaker, type PartStretch } from './parts.ts';

/** A part is about 15 MB, and the last one is written again by each run. */
const ROWS_PER_FILE = 100_000;

export interface FolderExport extends FolderWork {
  readonly types: readonly string[];
  /** Up to here; the log's end without it. */
  readonly to: Position | undefined;
  /** For a new folder; one that is there has its own. */
  readonly rowsPerFile?: number;
  readonly progress: Progress;
}

export interface FolderExported {
  /** Events that came, files that were written, and those of the whole folder. */
  readonly events: number;
  readonly written: number;
  readonly manifest: Manifest;
  /** Users who were erased since, and of whom something stands in files that no export touches. */
  readonly toErase: number;
}

/** The part that the next run writes again: the last one, if it is not full. */
const openPart = ({ files, rows_per_file }: Manifest): Entry | undefined => {
  const last = files.at(-1);
  return last && last.rows < rows_per_file ? last : undefined;
};

function stretchOf(manifest: Manifest, last: Position): PartStretch {
  const { up_to, files } = manifest;
  const open = openPart(manifest);
  const whole = (open ? files.at(-2) : files.at(-1))?.file;
  const before = whole === undefined ? undefined : placeOfFile(whole);
  if (!open)
    return { after: up_to ? positionOf(up_to.position) : undefined, last, time: up_to?.time, before };
  const month = placeOfFile(open.file).partition.slice('month='.length);
  return { from: positionOf(open.first), last, time: `${month}-01T00:00:00.000Z`, before };
}

const earliest = (positions: readonly Position[]): Position | undefined =>
  positions.toSorted(comparePositions)[0];

/**
 * Brings a folder up to the log's end: what came is added, the last part of the last month is written again, nothing else
 * is touched. Parts get their names one by one, so whatever ends it, the next run goes on after the last whole one.
 * @throws FolderRefused, UsageError, UnknownEvent, EventStoreUnavailable, the signal's reason
 */
export async function exportFolder(options: FolderExport): Promise<FolderExported> {
  const { log, types, to, rowsPerFile = ROWS_PER_FILE } = options;
  const end = await endOfLog(log);
  const empty: Manifest = {
    ...{ format: 1, kind: 'events', criteria: { types: [...types].sort() } },
    ...{ rows_per_file: rowsPerFile, up_to: null, files: [] },
  };
  const folder = await ExportFolder.open(options.folder, empty);
  await checkOrigin(options.folder, folder.manifest, log);
  checkCriteria(folder, empty);
  const upTo = positionOf(folder.manifest.up_to?.position ?? null);
  if (to && comparePositions(to, upTo) < 0) {
    throw new UsageError(`--to: ${options.folder} already has the events up to ${formatPosition(upTo)}`);
  }
  if (!end) return { events: 0, written: 0, manifest: folder.manifest, toErase: 0 };
  const last = to && comparePositions(to, end) < 0 ? to : end;
  return new FolderRun(options, folder, end).bringTo(last);
}

function checkCriteria(folder: ExportFolder, { criteria }: Manifest): void {
  const { types } = folder.manifest.criteria;
  if (types.join() === criteria.types.join()) return;
  const made = types.length > 0 ? types.map((type) => `--type ${type}`).join(' ') : 'every type';
  throw new FolderRefused(
    'folder_other',
    `${folder.path} was made with ${made}: give the same, or name another folder`,
  );
}

/** The later of two marks, with the latest time of both: what is read again begins within a month, at a time unknown. */
function later(before: Mark | null, now: Mark | undefined): Mark | null {
  if (!before || !now) return now ?? before;
  const time = before.time > now.time ? before.time : now.time;
  const isBehind = comparePositions(positionOf(now.position), positionOf(before.position)) < 0;
  return { ...(isBehind ? before : now), time };
}

/** One bringing up. */
class FolderRun {
  readonly #options: FolderExport;
  readonly #folder: ExportFolder;
  /** Where the log ends: whoever is erased up to there has no ids in what is written. */
  readonly #end: Position;
  #written = 0;

  constructor(options: FolderExport, folder: ExportFolder, end: Position) {
    this.#options = options;
    this.#folder = folder;
    this.#end = end;
  }

  async bringTo(last: Position): Promise<FolderExported> {
    const before = this.#folder.manifest;
    const stretch = stretchOf(before, last);
    const start = stretch.from ?? stretch.after;
    const known = before.files.map(({ erased_to }) => positionOf(erased_to));
    const { log, reader, signal } = this.#options;
    const after = start && earliest([start, ...known]);
    const erased = await erasedUsers({ log, reader, after, end: this.#end, signal });
    const hasMore = !before.up_to || comparePositions(positionOf(before.up_to.position), last) < 0;
    if (hasMore) await this.#make(stretch, erased);
    return this.#settle(before, erased);
  }

  async #make(stretch: PartStretch, erased: ReadonlyMap<string, Position>): Promise<void> {
    const { log, reader, foreign, signal, types, progress } = this.#options;
    const folder = this.#folder;
    const first = Number((stretch.from ?? stretch.after)?.commit ?? 0n);
    const width = Math.max(Number(stretch.last.commit) - first, 1);
    const target = new DraftTarget(folder, async (part, draft) => {
      const entry = { ...part, erased_to: formatPosition(this.#end), written_by: writtenBy() };
      const files = [...folder.manifest.files.filter(({ file }) => file !== part.file), entry];
      this.#written += 1;
      await folder.commit({ ...folder.manifest, files, up_to: later(folder.manifest.up_to, maker.mark) }, [
        draft,
      ]);
    });
    const maker = new PartMaker({
      ...{ log, reader, foreign, signal, types, target, rowsPerFile: folder.manifest.rows_per_file },
      isErased: (user) => erased.has(user),
      progress: (count, { commit }) => progress.update({ count, fraction: (Number(commit) - first) / width }),
    });
    try {
      const upTo = await maker.make(stretch);
      await folder.commit({ ...folder.manifest, up_to: later(folder.manifest.up_to, upTo) });
    } finally {
      await target.close();
    }
  }

  /** Notes of the parts that have nothing of those who were erased since that they are up to date. */
  async #settle(before: Manifest, erased: ReadonlyMap<string, Position>): Promise<FolderExported> {
    const { types, log } = this.#options;
    const { manifest } = this.#folder;
    const affected = await affectedBy(erased, manifest.files, types, log);
    const erased_to = formatPosition(this.#end);
    const files = manifest.files.map((entry) => (affected.has(entry.file) ? entry : { ...entry, erased_to }));
    await this.#folder.commit({ ...manifest, files });
    const rows = (of: Manifest) => of.files.reduce((sum, entry) => sum + entry.rows, 0);
    return {
      events: rows(manifest) - rows(before),
      written: this.#written,
      manifest: this.#folder.manifest,
      toErase: usersIn(affected),
    };
  }
}
