import path from 'node:path';
import { migrate, readMigrations } from '../../../shared/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = path.resolve(import.meta.dirname, '../../../projector/schemas/migrations');

/** A pool on the database at `url`, with the schema `vault` in it. */
export async function vaultPool(url: string): Promise<Pool> {
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 10, logger });
  for (const schema of ['vault', 'write_side'])
    await migrate({ pool, schema, migrations: await readMigrations(path.join(folder, schema)) });
  return pool;
}
