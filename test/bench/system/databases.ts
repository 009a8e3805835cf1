import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'bench', level: 'silent' });

/** A database of a server that the benchmark has started. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const pool = createPool({ connectionString: serverUrl, applicationName: 'bench', max: 1, logger });
  try {
    await pool.query(`CREATE DATABASE ${name}`);
  } finally {
    await pool.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
