import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allRows, readiness } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { createFeedSystem, type FeedSystem } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const count = async (table: string) =>
  Number((await system.pool.query(`SELECT count(*) AS n FROM read_model.${table}`)).rows[0].n);

describe('the Kafka feed', () => {
  test('applies what the topic holds, and what comes', async () => {
    const projector = await system.projectKafka();
    for (let i = 0; i < 20; i++) {
      const user = system.author();
      await user.signUp();
      await user.subscribe();
      await user.activate('a', 'Laptop');
    }
    await system.relay();
    await eventually('20 licenses', async () => (await count('licenses')) === 20);
    expect(await count('users')).toBe(20);
    await eventually('ready', async () => (await readiness(projector)).status === 200);
    const late = system.author();
    await late.signUp();
    await system.relay();
    await eventually('21 users', async () => (await count('users')) === 21);
    expect((await allRows(system)).activations_by_day).toMatchObject([{ activations: '20' }]);
    const metrics = await (await fetch(`${projector.url}/metrics`)).text();
    expect(metrics).toMatch(/projector_kafka_partitions\{.*\} 4/);
    expect(metrics).toMatch(/projector_lane_lag_events\{.*lane="kafka-3".*\} 0/);
  });
});
