import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { UserState } from '../../domain/user-state.ts';
import { FOLD_VERSION } from './fold-version.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * Saved folds of users with many events, so that neither a restart nor a read that was cut off begins at their first
 * event again. They may all be thrown away.
 */
export interface Snapshots<S = UserState> {
  /** The latest one that this release made; undefined if there is none, or it can't be read. */
  load(id: string): Promise<S | undefined>;
  /** Encodes the state before it returns, so that it may go on changing. Whether it is saved changes nothing but time. */
  save(state: S): Promise<void>;
  /** Throws away what is saved of a user. @throws the driver's error */
  remove(id: string): Promise<void>;
}

const LOAD = 'SELECT state FROM write_side.snapshots WHERE user_id = $1 AND fold_version = $2';

/**
 * Never backwards, and never of a user whose key is a tombstone: client ids would be kept. The key's row is locked, so
 * that an erasure at the same moment either comes first and is seen, or waits and then removes what was saved. Those of
 * earlier releases stay for a day: during an upgrade both run.
 */
const SAVE = `
  WITH outdated AS (
    DELETE FROM write_side.snapshots
    WHERE user_id = $1 AND fold_version <> $2 AND saved_at < now() - interval '1 day')
  INSERT INTO write_side.snapshots AS saved (user_id, fold_version, revision, state, saved_at)
  SELECT $1, $2, $3, $4, now() FROM (
    SELECT FROM vault.data_keys WHERE user_id = $1 AND erased_at IS NULL FOR SHARE) AS not_erased
  ON CONFLICT (user_id, fold_version) DO UPDATE
    SET revision = excluded.revision, state = excluded.state, saved_at = excluded.saved_at
    WHERE saved.revision < excluded.revision`;

const REMOVE = 'DELETE FROM write_side.snapshots WHERE user_id = $1';

/** Snapshots in PostgreSQL's schema `write_side`, which is in the vault's database. */
export function createSnapshots({
  db,
  logger,
  version = FOLD_VERSION,
}: {
  readonly db: Queryable;
  readonly logger: Logger;
  readonly version?: string;
}): Snapshots {
  return {
    async load(userId) {
      try {
        const { rows } = await db.query<{ state: Buffer }>(LOAD, [userId, version]);
        return rows[0] && (deserialize(await decompress(rows[0].state)) as UserState);
      } catch (error) {
        logger.warn({ err: error, user_id: userId }, 'snapshot_not_loaded');
        return undefined;
      }
    },
    async save(state) {
      const { userId, revision } = state;
      try {
        // Keeps objects that are referred to twice as one, as commands and their licenses are: JSON would double them.
        const encoded = serialize(state);
        await db.query(SAVE, [userId, version, revision, await compress(encoded)]);
      } catch (error) {
        logger.warn({ err: error, user_id: userId }, 'snapshot_not_saved');
      }
    },
    async remove(userId) {
      await db.query(REMOVE, [userId]);
    },
  };
}
