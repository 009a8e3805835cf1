import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';

export interface TestDatabase {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const logger = createLogger({ service: 'test', level: 'silent' });

/** An empty database of the test's own, in the tier's PostgreSQL or the one given. */
export async function createDatabase(serverUrl: string = inject('postgresUrl')): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await statement(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => statement(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function statement(url: string, sql: string): Promise<void> {
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 1, logger });
  try {
    await pool.query(sql);
  } finally {
    await pool.end();
  }
}
