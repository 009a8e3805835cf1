import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProjectorService } from '../../../projector/app.ts';
import { finishErasures } from '../../../projector/write/erase-usage.ts';
import { eventually } from '../../support/eventually.ts';
import { type Author, instant, newId, TERMS } from './author.ts';
import { createSystem, projected, type System } from './system.ts';

let system: System;
let projector: ProjectorService;
beforeAll(async () => {
  system = await createSystem();
  projector = await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const one = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows[0];
const userRow = (user: Author) => one('SELECT * FROM read_model.users WHERE user_id = $1', user.userId);
const licenseRow = (id: string) => one('SELECT * FROM read_model.licenses WHERE license_id = $1', id);

/** Something that changes no row but the user's, to wait for. */
const touch = async (user: Author) => {
  const { userId } = user;
  const position = await user.append({
    type: 'PasswordChanged',
    data: { userId, personal: { passwordHash: 'x' } },
  });
  await projected(system, position);
  return position;
};

describe('erasing', () => {
  test('erasing clears the email, names and ids of clients, external ids and the usage rows', async () => {
    const [user, other] = [system.author(), system.author()];
    for (const each of [user, other]) {
      await each.signUp();
      await system.pool.query(
        `INSERT INTO usage.rate_limits VALUES (now(), $1, 'GET /v1/me', '192.0.2.1', 3)`,
        [each.userId],
      );
      await system.pool.query(
        `INSERT INTO usage.last_seen VALUES (gen_random_uuid(), $1, current_date, '1.0')`,
        [each.userId],
      );
    }
    const subscriptionId = newId();
    const sold = {
      product: 'app',
      plan: 'pro',
      terms: TERMS,
      quantity: 1,
      trial: false,
      externalId: 'sub_7',
    };
    const dates = { startDate: instant(Date.now()), endDate: instant(Date.now() + 86_400_000) };
    await user.append({
      type: 'SubscriptionStarted',
      data: { userId: user.userId, subscriptionId, ...sold, ...dates },
    });
    const subscriptionRow = () =>
      one('SELECT * FROM read_model.subscriptions WHERE subscription_id = $1', subscriptionId);
    const licenseId = await user.activate('laptop', 'Grace’s laptop');
    await user.activate('phone');
    await touch(other);
    expect(await licenseRow(licenseId)).toMatchObject({ client_id: 'laptop', client_name: 'Grace’s laptop' });
    expect(await subscriptionRow()).toMatchObject({ external_id: 'sub_7' });
    await user.erase();
    await touch(other);
    expect(await userRow(user)).toMatchObject({ status: 'erased', email: null, ended_token_ids: {} });
    const forgotten = { client_id: null, client_name: null, status: 'active' };
    expect(await licenseRow(licenseId)).toMatchObject(forgotten);
    expect(await subscriptionRow()).toMatchObject({ external_id: null, plan_type: 'pro' });
    for (const table of ['usage.rate_limits', 'usage.last_seen']) {
      const { rows } = await system.pool.query(`SELECT user_id FROM ${table}`);
      expect(rows.map((row) => row.user_id)).toEqual([other.userId]);
    }
    // As a projector of the release before leaves them.
    await system.pool.query("UPDATE read_model.licenses SET client_id = 'laptop' WHERE license_id = $1", [
      licenseId,
    ]);
    await system.pool.query("UPDATE read_model.subscriptions SET external_id = 'sub_7'");
    // More than are looked at together, all erased at one time.
    await system.pool.query(
      `WITH added AS (
         INSERT INTO read_model.users (user_id, status, credentials_revision, ended_token_ids, revision, position_commit,
           position_prepare, created_at, updated_at)
         SELECT gen_random_uuid(), 'erased', 0, '{}', 1, 1, 1, '2026-01-01Z', '2026-01-01Z' FROM generate_series(1, 250)
         RETURNING user_id
       )
       INSERT INTO read_model.licenses (license_id, user_id, subscription_id, client_id, status, activated_at, created_at, updated_at)
       SELECT gen_random_uuid(), user_id, user_id, 'desktop', 'active', '2026-01-01Z', '2026-01-01Z', '2026-01-01Z' FROM added`,
    );
    await projector.stop();
    projector = await system.project();
    await eventually('the projector has blanked all of them', async () => {
      const left = "SELECT FROM read_model.licenses WHERE client_id = 'desktop'";
      return (await system.pool.query(left)).rowCount === 0;
    });
    await system.pool.query(
      "DELETE FROM read_model.users WHERE created_at = '2026-01-01Z'; DELETE FROM read_model.licenses WHERE created_at = '2026-01-01Z'",
    );
    await eventually(
      'the projector has blanked them',
      async () => (await licenseRow(licenseId)).client_id === null,
    );
    expect(await subscriptionRow()).toMatchObject({ external_id: null });
  });

  test('a tombstone reads as nothing: an erased user’s history projects without their data', async () => {
    const user = system.author();
    const { userId } = user;
    const signedUp = await user.encode({
      type: 'UserSignedUp',
      data: { userId, emailDigest: '0'.repeat(64), personal: { email: user.email, passwordHash: 'x' } },
    });
    await system.vault.applyErasures([userId]);
    await user.appendRaw(signedUp);
    const other = system.author();
    await other.signUp();
    await touch(other);
    expect(await userRow(user)).toMatchObject({ status: 'active', email: null });
  });
});

describe('usage that could not be removed with its user', () => {
  test('is removed later, and what came late is too', async () => {
    const user = system.author();
    await user.signUp();
    const use = () =>
      system.pool.query("INSERT INTO usage.rate_limits VALUES (now(), $1, 'GET /v1/me', '192.0.2.1', 3)", [
        user.userId,
      ]);
    const rows = async () =>
      (await system.pool.query('SELECT FROM usage.rate_limits WHERE user_id = $1', [user.userId])).rowCount;
    const see = () =>
      system.pool.query('INSERT INTO usage.last_seen VALUES (gen_random_uuid(), $1, current_date)', [
        user.userId,
      ]);
    const seen = async () =>
      (await system.pool.query('SELECT FROM usage.last_seen WHERE user_id = $1', [user.userId])).rowCount;
    await use();
    await see();
    await system.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
      CREATE TRIGGER refuse BEFORE DELETE ON usage.rate_limits FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const other = system.author();
    await other.signUp();
    await user.erase();
    await touch(other);
    expect(await userRow(user)).toMatchObject({ status: 'erased', email: null });
    expect(await rows()).toBe(1);
    await system.pool.query('DROP TRIGGER refuse ON usage.rate_limits');
    await finishErasures(system.pool);
    expect([await rows(), await seen()]).toEqual([0, 0]);
    // A node was writing it while the user was erased.
    await system.pool.query("UPDATE usage.erasures SET erased_at = now() - interval '6 minutes'");
    await use();
    await see();
    await finishErasures(system.pool);
    expect([await rows(), await seen()]).toEqual([0, 0]);
    expect((await system.pool.query('SELECT FROM usage.erasures')).rowCount).toBe(0);
  });
});
