import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import { comparePositions, type Position, parsePosition, START } from '../../../shared/event-log/position.ts';
import { FolderRefused } from '../../export-folder/errors.ts';
import type { Entry, Manifest } from '../../export-folder/manifest.ts';
import { placeOfFile } from '../../export-folder/part-writer.ts';
import type { ErasedRows } from '../../export-folder/words.ts';
import { countsOf, OPEN } from './make.ts';
import type { Snapshot } from './snapshot.ts';
import { TABLES } from './tables.ts';

const positionOf = (text: string): Position => parsePosition(text) ?? START;

/** The parts of a manifest, by their partition. */
export function partitionsOf({ files }: Manifest): Map<string, Entry[]> {
  const partitions = new Map<string, Entry[]>();
  for (const entry of files.filter(({ file }) => file.endsWith('.parquet'))) {
    const { partition } = placeOfFile(entry.file);
    partitions.set(partition, [...(partitions.get(partition) ?? []), entry]);
  }
  return partitions;
}

/** What the tables have: rows of each month in which rows stopped being known, by partition. */
export async function monthsOf({ db }: Snapshot): Promise<Map<string, number>> {
  const months = new Map<string, number>();
  for (const table of TABLES)
    for (const [partition, rows] of await countsOf(db, table)) months.set(partition, rows);
  return months;
}

export const openPartitions: readonly string[] = TABLES.map(({ name }) => `${name}/month=${OPEN}`);

/** @throws FolderRefused the folder has something else, or more than the tables have */
export function checkOrigin(folder: string, manifest: Manifest, { upTo }: Snapshot): void {
  if (manifest.kind !== 'history-tables') {
    throw new FolderRefused(
      'folder_other',
      `${folder} has events, not history tables: use replay in their place`,
    );
  }
  if (!manifest.up_to) return;
  const order = comparePositions(positionOf(manifest.up_to.position), positionOf(upTo.position));
  if (order < 0 || (order === 0 && manifest.up_to.event_id === upTo.event_id)) return;
  const problem =
    order === 0
      ? 'comes from another event store than the history tables. Make the export again in another folder'
      : `holds what is known up to ${manifest.up_to.position}, and the history tables only up to ${upTo.position}: bring them up with history-tables update`;
  throw new FolderRefused('folder_differs', `${folder} ${problem}`);
}

/** The tables that have something which an erasure takes. */
const ERASED_TABLES = ['subscription_states', 'license_states', 'customers'];

/**
 * Rows of users who were erased after parts of a folder were written, by partition: what an erasing makes again. Whether a row
 * had an id that is gone, the tables no longer tell.
 */
export async function erasedSince({ db }: Snapshot, manifest: Manifest): Promise<ErasedRows[]> {
  const partitions = partitionsOf(manifest);
  const erased = await db.query<{ user_id: string; at: string }>(
    `SELECT user_id, cause_commit || '/' || cause_prepare AS at FROM ${HISTORY.history}.customers
     WHERE status = 'erased' AND known_to = 'infinity' AND valid_to = 'infinity'`,
  );
  const since = [...partitions.values()].flat().map(({ erased_to }) => positionOf(erased_to));
  const [first] = since.sort(comparePositions);
  const at = new Map(erased.rows.map((row) => [row.user_id, positionOf(row.at)]));
  const users = [...at]
    .filter(([, position]) => first && comparePositions(first, position) < 0)
    .map(([user]) => user);
  const found: ErasedRows[] = [];
  for (const table of users.length > 0 ? ERASED_TABLES : []) {
    const { rows } = await db.query<{ month: string; user_id: string; count: string }>(
      `SELECT to_char(known_to AT TIME ZONE 'UTC', 'YYYY-MM') AS month, user_id, count(*)
       FROM ${HISTORY.history}.${table} WHERE user_id = ANY ($1::uuid[]) AND isfinite(known_to) GROUP BY 1, 2 ORDER BY 1, 2`,
      [users],
    );
    for (const { month, user_id: user, count } of rows) {
      const file = `${table}/month=${month}`;
      const position = at.get(user) ?? START;
      const isBehind = partitions
        .get(file)
        ?.some((part) => comparePositions(positionOf(part.erased_to), position) < 0);
      if (isBehind) found.push({ file, user, rows: Number(count) });
    }
  }
  return found;
}
