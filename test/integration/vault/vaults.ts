import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const migrations = path.resolve(import.meta.dirname, '../../../projector/migrations/vault');

/** A pool on the database at `url`, with the schema `vault` made as its migrations make it. */
export async function vaultPool(url: string): Promise<Pool> {
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 10, logger });
  const files = readdirSync(migrations).sort();
  const sql = files.map((file) => readFileSync(path.join(migrations, file), 'utf8')).join('\n');
  await pool.query(`BEGIN; CREATE SCHEMA vault; SET LOCAL search_path TO vault;\n${sql}\nCOMMIT`);
  return pool;
}
