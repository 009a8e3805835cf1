import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { type Problem, problemsOf } from '../../export-folder/check.ts';
import { readManifest, wasCutOff } from '../../export-folder/folder.ts';
import { type Entry, type Manifest, writtenBy } from '../../export-folder/manifest.ts';
import type { Part } from '../../export-folder/part-writer.ts';
import type { Checked } from '../../export-folder/words.ts';
import type { Progress } from '../../output/progress.ts';
import { endOfLog } from '../source/source.ts';
import { affectedBy, erasedUsers, partAt, positionOf, usersIn } from './erasures.ts';
import { checkOrigin, type FolderWork } from './open.ts';
import { PartMaker } from './parts.ts';

export interface FolderCheck extends FolderWork {
  readonly progress: Progress;
}

/**
 * Compares a folder with its manifest, and with what the log gives: every part is made again, and its bytes are compared. Changes
 * nothing.
 * @throws FolderRefused it is no export, or of another log; UnknownEvent, EventStoreUnavailable, the signal's reason
 */
export async function verifyFolder(options: FolderCheck): Promise<Checked> {
  const { folder, log, reader, signal } = options;
  const manifest = await readManifest(folder);
  await checkOrigin(folder, manifest, log);
  const problems = await problemsOf(folder, manifest);
  if (await wasCutOff(folder)) {
    problems.push({
      file: 'manifest.json',
      problem: 'is being changed, or that was cut off: run the same again',
    });
  }
  const end = await endOfLog(log);
  if (!end || !manifest.up_to) return { manifest, problems, byOthers: 0, toErase: 0 };
  const erased = await erasedUsers({ log, reader, after: undefined, end, signal });
  const { differing, byOthers } = await compareWithLog(options, manifest, erased);
  const affected = await affectedBy(erased, manifest.files, manifest.criteria.types, log);
  return { manifest, problems: [...problems, ...differing], byOthers, toErase: usersIn(affected) };
}

async function compareWithLog(
  { log, reader, foreign, signal, progress }: FolderCheck,
  { files, criteria, rows_per_file, up_to }: Manifest,
  erased: ReadonlyMap<string, Position>,
): Promise<{ differing: Problem[]; byOthers: number }> {
  const last = positionOf(up_to?.position ?? null);
  const made = new Map<string, Part>();
  const maker = new PartMaker({
    ...{ log, reader, foreign, signal, types: criteria.types, rowsPerFile: rows_per_file },
    isErased(user, position) {
      const [at, part] = [erased.get(user), partAt(files, position)];
      return at !== undefined && part !== undefined && comparePositions(at, positionOf(part.erased_to)) <= 0;
    },
    target: {
      begin: async () => {},
      write: async () => {},
      end: async (part) => void made.set(part.file, part),
    },
    progress: (count, { commit }) =>
      progress.update({ count, fraction: Number(commit) / Number(last.commit) }),
  });
  await maker.make({ last, time: undefined });
  const differing: Problem[] = [];
  let byOthers = 0;
  for (const entry of files) {
    const part = made.get(entry.file);
    made.delete(entry.file);
    if (entry.sha256 === part?.sha256) continue;
    if (part && entry.written_by !== writtenBy() && isSameStretch(entry, part)) byOthers += 1;
    else differing.push({ file: entry.file, problem: 'is not what the log gives' });
  }
  for (const file of made.keys()) differing.push({ file, problem: 'is in the log, and not in the manifest' });
  return { differing, byOthers };
}

const isSameStretch = (entry: Entry, part: Part): boolean =>
  entry.rows === part.rows && entry.first === part.first && entry.last === part.last;
