import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeOver } from '../../../projector/kafka/change-owner.ts';
import type { KafkaOwner } from '../../../projector/kafka/lane.ts';
import { switchSchemas } from '../../../projector/rebuild/switch.ts';
import { loadCheckpoint } from '../../../projector/write/checkpoint.ts';
import { writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { eventually } from '../../support/eventually.ts';
import { history } from './history.ts';
import { createSystem, type System, silent, tool } from './system.ts';

const OWNER: KafkaOwner = { feed: 'kafka', topic: 'license-events', partitions: 2 };
const LIVE = 'read_model_old';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

test('a feed that takes over while a rebuild is switched in waits for it, and then has the new read models', async () => {
  const projector = await system.project();
  await history(system, 4);
  await projector.stop();
  expect(await tool(system, 'rebuild', '--keep-old')).toMatchObject({ code: 0 });
  // The old read models once more, now as the live ones.
  const pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test takeover',
    max: 2,
    logger: silent,
    settings: writerSettings(LIVE),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => pool.end());
  let change: Promise<unknown> = Promise.resolve();
  await switchSchemas({
    pool: system.pool,
    live: LIVE,
    next: 'read_model',
    old: 'read_model_older',
    force: false,
    catchUp: async () => {
      change = takeOver(pool, OWNER);
      change.catch(() => undefined);
      await eventually('it waits', async () => {
        const { rowCount } = await system.pool.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'test takeover' AND wait_event_type = 'Lock'`,
        );
        return rowCount === 1;
      });
      return loadCheckpoint(system.pool, 'read_model');
    },
  });
  await expect(change).resolves.toEqual({ from: { feed: 'event_store' }, to: OWNER });
  const { rows } = await pool.query('SELECT name, generation FROM checkpoints ORDER BY name');
  // The rebuild's is the second of them.
  expect(rows).toEqual([0, 1].map((partition) => ({ name: `kafka-${partition}`, generation: 2 })));
});
