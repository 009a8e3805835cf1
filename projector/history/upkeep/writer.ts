import { createPool, type Pool, type PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { Decoder } from '../../write/decode.ts';
import { forgetAllErased, forgetErased } from '../../write/projections/erased.ts';
import { ReadModelWriter, writerSettings } from '../../write/read-model-writer.ts';
import { blankAllErased, blankErased } from '../erased.ts';
import { historyTables } from '../tables.ts';
import { type HistorySchemas, searchPath } from './schemas.ts';

export interface HistoryPoolOptions {
  readonly connectionString: string;
  readonly schemas: HistorySchemas;
  readonly applicationName: string;
  readonly statementTimeoutMs: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** Connections that write these history tables: tables are named without their schema on them. */
export const historyPool = ({ schemas, settings, ...options }: HistoryPoolOptions): Pool =>
  createPool({ ...options, max: 4, settings: { ...writerSettings(searchPath(schemas)), ...settings } });

/**
 * What writes history tables: the projector's own writer, with read models of its own as its rows.
 * @param pool of {@link historyPool}
 * @param keptRows see Target
 * @param indexed whether the tables have their indexes: without them each erased user would have all rows read, and all
 *   are forgotten at the end of the build, see {@link forgetEverybodyErased}
 */
export function historyWriter(
  pool: Pool,
  decoder: Decoder,
  indexed: () => boolean,
  keptRows?: number,
): ReadModelWriter {
  const erase = async (client: PoolClient, userIds: readonly string[]) => {
    if (!indexed()) return;
    await forgetErased(client, userIds);
    await blankErased(client, userIds);
  };
  const kept = keptRows === undefined ? {} : { keptRows };
  return new ReadModelWriter({ pool, erase, history: historyTables, ...kept }, decoder);
}

/** Forgets everybody who is erased, at the end of a build. @param pool of {@link historyPool} */
export async function forgetEverybodyErased(pool: Pool): Promise<void> {
  await forgetAllErased(pool);
  await blankAllErased(pool);
}
