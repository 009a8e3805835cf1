import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { partitionOf } from '../../../shared/read-model/lanes.ts';
import { cacheCheckpointKey } from '../../../shared/read-model/views.ts';
import { eventually } from '../../support/eventually.ts';
import { newId, TERMS } from './author.ts';
import { listen } from './customers.ts';
import { handLanes } from './hand-lanes.ts';
import { allRows, createSystem, projected, type System, tool } from './system.ts';

const LANES = 4;

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** An id whose events are in the first partition. */
function idInFirstLane(): string {
  for (;;) {
    const id = newId();
    if (partitionOf(id, LANES) === 0) return id;
  }
}

/**
 * Users with a bit of everything; one in five has an event that can't be projected, with others behind it. The first of
 * them is in the first lane.
 */
async function write(users: number): Promise<string> {
  let position = '';
  await Promise.all(
    Array.from({ length: users }, async (_, i) => {
      const user = system.author(i === 0 ? idInFirstLane() : newId());
      const { userId } = user;
      await user.signUp();
      const subscriptionId = await user.subscribe(i % 2 ? 'pro' : 'free');
      const licenseId = await user.activate('a', `Machine ${i}`);
      await user.activate('b');
      if (i % 5 === 0) {
        await user.append({
          type: 'SubscriptionPlanChanged',
          data: { userId, subscriptionId: newId(), plan: 'x', terms: TERMS },
        });
      }
      position = await user.append(
        { type: 'LicenseRevoked', data: { userId, licenseId, clientId: 'a', personal: {} } },
        { type: 'SubscriptionSuspended', data: { userId, subscriptionId, personal: {} } },
      );
      if (i % 7 === 6) await user.erase();
    }),
  );
  return position;
}

const checkpoints = async (schema = 'read_model') =>
  (await system.pool.query(`SELECT * FROM ${schema}.checkpoints ORDER BY name`)).rows;
const owners = async (schema = 'read_model') =>
  (await system.pool.query(`SELECT * FROM ${schema}.feed_owner`)).rows;
const parked = async (schema = 'read_model') =>
  (await system.pool.query(`SELECT event_id FROM ${schema}.parked_events ORDER BY 1`)).rows;

/** Lanes at different places: one at its end, one that has not begun, two in the middle. */
async function apart(lanes: Awaited<ReturnType<typeof handLanes>>['lanes']): Promise<void> {
  await lanes[0]?.advance();
  await lanes[2]?.advance(7);
  await lanes[3]?.advance(19);
}

describe('a rebuild while lanes stand at different places', () => {
  test('gives the same rows, and each lane goes on where it was', async () => {
    await write(20);
    await using held = await handLanes(system, LANES);
    await apart(held.lanes);
    expect((await parked()).length).toBeGreaterThan(0);
    const before = await checkpoints();

    expect(await tool(system, 'rebuild', '--keep-old')).toMatchObject({ code: 0 });
    expect(await allRows(system)).toEqual(await allRows(system, 'read_model_old'));
    expect(await parked()).toEqual(await parked('read_model_old'));
    expect(await checkpoints()).toEqual(before.map((row) => ({ ...row, generation: row.generation + 1 })));
    expect(await owners()).toEqual(await owners('read_model_old'));

    // Who has written before finds that the read models are others.
    await expect(held.lanes[1]?.advance(1)).rejects.toMatchObject({ code: 'checkpoint_moved' });
    for (let partition = 0; partition < LANES; partition += 1) await (await held.lane(partition)).advance();
    const lanes = await allRows(system);
    expect(lanes.users?.length).toBe(20);
    expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
    await system.pool.query('DROP SCHEMA read_model CASCADE');
    expect(await tool(system, 'rebuild', '--force')).toMatchObject({ code: 0 });
    expect(await allRows(system)).toEqual(lanes);
  });

  test('finds a difference in a lane that is behind, switches nothing, and goes on from there', async () => {
    await write(12);
    await using held = await handLanes(system, LANES);
    await apart(held.lanes);
    const change = (sign: string) =>
      system.pool.query(`UPDATE read_model.activations_by_day SET activations = activations ${sign} 1`);
    await change('+');
    const result = await tool(system, 'rebuild');
    expect(result).toMatchObject({ code: 1, stdout: expect.stringMatching(/^activations_by_day\t.*\tno$/m) });
    expect(result.stdout).toMatch(/^users\t\d+\t\d+\tyes$/m);
    await change('-');
    // What was built beyond the lane that is furthest behind is read again, and told by the users' revisions.
    await held.lanes[1]?.advance(5);
    await held.lanes[2]?.advance();
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
    expect((await checkpoints()).map(({ name, generation }) => [name, generation])).toEqual(
      Array.from({ length: LANES }, (_, i) => [`kafka-${i}`, 1]),
    );
  });

  test('whose rows are meant to differ has the caches of every lane renewed', async () => {
    await write(6);
    await using held = await handLanes(system, LANES);
    await apart(held.lanes);
    await system.pool.query('UPDATE read_model.activations_by_day SET activations = activations + 1');
    const lanes = ['direct', ...Array.from({ length: LANES }, (_, i) => `kafka-${i}`)];
    for (const lane of lanes) await system.redis.hset(cacheCheckpointKey(lane), 'v', '1/1', 'j', '1/1');
    using heard = await listen(system);
    expect(await tool(system, 'rebuild', '--accept-differences')).toMatchObject({ code: 0 });
    expect(await system.redis.exists(...lanes.map(cacheCheckpointKey))).toBe(0);
    await eventually('told', () => heard.notices.length === lanes.length);
    expect(heard.notices.map(({ lane, before }) => [lane, before]).sort()).toEqual(
      lanes.map((lane) => [lane, '0/0']).sort(),
    );
  });

  test('while they move', async () => {
    await write(16);
    await using held = await handLanes(system, LANES);
    await apart(held.lanes);
    const moving = { on: true };
    const movers = held.lanes.map(async (lane, i) => {
      for (let current = lane; moving.on; ) {
        try {
          if ((await current.advance(1)) === 0 && i === 0) await write(1);
        } catch (error) {
          // The switch: from there on with the new read models.
          expect(error).toMatchObject({ code: 'checkpoint_moved' });
          current = await held.lane(i);
        }
      }
    });
    const first = await tool(system, 'rebuild');
    const second = await tool(system, 'rebuild', '--compare-only');
    moving.on = false;
    await Promise.all(movers);
    expect(first).toMatchObject({ code: 0 });
    expect(second).toMatchObject({ code: 0 });
    expect((await checkpoints()).every(({ generation }) => generation === 1)).toBe(true);
  });
});

describe('a rebuild after the feed was changed', () => {
  test.each([0, 3])(
    'to the direct one: users whose lanes were ahead of one that had applied %i stay so',
    async (begun) => {
      const position = await write(20);
      await using held = await handLanes(system, LANES);
      await apart(held.lanes);
      await held.lanes[1]?.advance(begun);
      await held.takeOver({ feed: 'event_store' });
      expect((await checkpoints()).map(({ name }) => name)).toEqual(['direct']);
      const before = await allRows(system);
      expect(await tool(system, 'rebuild')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('users'),
      });
      expect(await allRows(system)).toEqual(before);
      expect((await owners()).map(({ feed }) => feed)).toEqual(['event_store']);

      await system.project();
      await projected(system, position);
      expect((await allRows(system)).users?.length).toBe(20);
      expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
    },
  );

  test('with --force belongs to the direct feed, and a Kafka feed takes over from what was built', async () => {
    await write(10);
    await using held = await handLanes(system, LANES);
    await apart(held.lanes);
    expect(await tool(system, 'rebuild', '--force')).toMatchObject({ code: 0 });
    expect((await checkpoints()).map(({ name, generation }) => [name, generation])).toEqual([['direct', 1]]);
    expect(await owners()).toEqual([]);
    const whole = await allRows(system);
    await held.takeOver(held.owner);
    // Every record comes again, and is told by the users' revisions.
    for (let partition = 0; partition < LANES; partition += 1) await (await held.lane(partition)).advance();
    expect(await allRows(system)).toEqual(whole);
    expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
  });

  test('is refused where a lane says more than the log has', async () => {
    await write(3);
    await using held = await handLanes(system, LANES);
    for (const lane of held.lanes) await lane.advance();
    await system.pool.query(
      `UPDATE read_model.checkpoints SET last_event_id = $1 WHERE name = (
         SELECT name FROM read_model.checkpoints WHERE last_event_id IS NOT NULL LIMIT 1)`,
      [randomUUID()],
    );
    expect(await tool(system, 'rebuild')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force'),
    });
  });
});
