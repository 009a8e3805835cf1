import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createSystem, projected, type System } from './system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

test('the lag is told in events and in seconds, and is gone when they are applied', async () => {
  const projector = await system.project();
  const user = system.author();
  await projected(system, await user.signUp());
  const lag = async () => {
    const text = await (await fetch(`${projector.url}/metrics`)).text();
    const of = (unit: string) => Number(new RegExp(`projector_lag_${unit}\\{.*\\} (\\S+)`).exec(text)?.[1]);
    return { events: of('events'), seconds: of('seconds') };
  };
  await eventually('no lag', async () => (await lag()).events === 0 && (await lag()).seconds === 0);

  const blocker = await system.pool.connect();
  try {
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE read_model.users IN EXCLUSIVE MODE');
    await user.subscribe();
    await user.activate('laptop');
    const behind = await eventually('two events behind', async () => {
      const now = await lag();
      return now.events === 2 && now.seconds > 0 && now;
    });
    await eventually('it grows', async () => (await lag()).seconds > behind.seconds);
    await blocker.query('COMMIT');
    await eventually('no lag again', async () => (await lag()).events === 0 && (await lag()).seconds === 0);
  } finally {
    blocker.release();
  }
  expect((await system.pool.query('SELECT FROM read_model.licenses')).rowCount).toBe(1);
});
