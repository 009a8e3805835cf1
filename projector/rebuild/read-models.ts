import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import type { PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { READ_MODEL_SCHEMA } from '../../shared/read-model/rows.ts';
import { migrateReadModel } from '../schemas/migrate.ts';
import { forgetAllErased, forgetErased } from '../write/projections/erased.ts';
import { ReadModelWriter } from '../write/read-model-writer.ts';
import { READ_MODEL_TABLES } from './compare.ts';
import type { Rebuildable } from './rebuildable.ts';

const NEXT = 'read_model_next';

/** The live read models, which customers are answered from. */
export const LIVE_READ_MODELS: Rebuildable = {
  schemas: [{ live: READ_MODEL_SCHEMA, next: NEXT, old: 'read_model_old' }],
  lock: ADVISORY_LOCKS.rebuild,
  compared: [READ_MODEL_TABLES],
  searchPath: NEXT,
  migrate: (pool, bare) => migrateReadModel(pool, NEXT, bare),
  writer(pool, decoder, indexed) {
    const erase = async (client: PoolClient, userIds: readonly string[]) => {
      // Before, each would read all licenses.
      if (indexed()) await forgetErased(client, userIds);
    };
    return new ReadModelWriter({ pool, erase }, decoder);
  },
  forgetErased: forgetAllErased,
};
