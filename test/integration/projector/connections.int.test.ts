import { expect, inject, test } from 'vitest';
import { readProjectorConfig } from '../../../projector/config.ts';
import { connect } from '../../../projector/connections.ts';
import { MASTER_KEY, silent } from './system.ts';

/** As many partitions as a topic has, unless it is told otherwise. */
const LANES = 12;

test('twelve lanes that look up keys at once wait for a slow vault, and the health check with them', async () => {
  const config = readProjectorConfig({
    NODE_ENV: 'test',
    DATABASE_URL: inject('postgresUrl'),
    REDIS_URL: inject('redisUrl'),
    EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false',
    VAULT_MASTER_KEY: MASTER_KEY,
    PROJECTOR_FEED: 'kafka',
    KAFKA_BROKERS: '127.0.0.1:1',
  });
  const connections = await connect({ config, logger: silent });
  try {
    const lookUps = Array.from({ length: LANES }, () =>
      connections.vaultDatabase.query('SELECT pg_sleep(0.8)'),
    );
    await Promise.all([...lookUps, connections.vaultDatabase.query('SELECT')]);
    expect(connections.vaultDatabase.waitingCount).toBe(0);
  } finally {
    await connections.close();
  }
});
