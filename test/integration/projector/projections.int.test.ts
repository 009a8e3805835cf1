import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TERMS } from './author.ts';
import { createSystem, projected, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const one = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows[0];

describe('read models', () => {
  test('a user signs up, subscribes and activates a client', async () => {
    const user = system.author();
    await user.signUp();
    const subscriptionId = await user.subscribe('pro');
    const licenseId = await user.activate('laptop', 'My laptop');
    const position = await user.append({
      type: 'PasswordChanged',
      data: { userId: user.userId, personal: { passwordHash: 'x' } },
    });
    await projected(system, position);
    expect(await one('SELECT * FROM read_model.users WHERE user_id = $1', user.userId)).toMatchObject({
      email: user.email,
      status: 'active',
      subscription_id: subscriptionId,
      credentials_revision: '3',
      revision: '3',
      ended_token_ids: {},
    });
    expect(
      await one('SELECT * FROM read_model.subscriptions WHERE subscription_id = $1', subscriptionId),
    ).toMatchObject({
      user_id: user.userId,
      plan_type: 'pro',
      terms: TERMS,
      status: 'active',
    });
    expect(await one('SELECT * FROM read_model.licenses WHERE license_id = $1', licenseId)).toMatchObject({
      user_id: user.userId,
      client_id: 'laptop',
      client_name: 'My laptop',
      status: 'active',
    });
    expect(await one('SELECT sum(activations)::int AS n FROM read_model.activations_by_day')).toEqual({
      n: 1,
    });
    const row = await one(
      `SELECT position_commit || '/' || position_prepare AS p FROM read_model.users WHERE user_id = $1`,
      user.userId,
    );
    expect(row.p).toBe(position);
  });
});
