import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { DERIVED_KINDS } from '../../../shared/vault/digests.ts';
import { openPersonal, sealPersonal } from '../../../shared/vault/personal.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { vaultPool } from './vaults.ts';

const masterKey = newKey();
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = await vaultPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

/** Another process: the same database, nothing in memory. */
const node = (now = () => Date.now()) => createVault({ db: pool, masterKey, clock: now });

/** Counts the statements that go to the database. */
function counted() {
  let statements = 0;
  const db = new Proxy(pool, {
    get: (target, name) => {
      if (name === 'query') statements += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { vault: createVault({ db, masterKey, clock: () => Date.now() }), count: () => statements };
}

describe('data keys', () => {
  it('are made once: every one of many who race gets the winner’s', async () => {
    const userId = randomUUID();
    const made = await Promise.all(Array.from({ length: 20 }, () => node().createDataKey(userId)));
    const held = await node().dataKey(userId);
    for (const key of made) expect(held !== 'erased' && held.equals(key)).toBe(true);
  });

  it('lie in the database wrapped', async () => {
    const userId = randomUUID();
    const key = await node().createDataKey(userId);
    const { rows } = await pool.query('SELECT wrapped_key FROM vault.data_keys WHERE user_id = $1', [userId]);
    expect(rows[0].wrapped_key.includes(key.export())).toBe(false);
  });

  it('are read for many users with one statement, and known ones with none', async () => {
    const userIds = Array.from({ length: 50 }, () => randomUUID());
    const maker = node();
    await Promise.all(userIds.map((userId) => maker.createDataKey(userId)));
    const { vault, count } = counted();
    const keys = await vault.dataKeys([...userIds, ...userIds]);
    expect([...keys.keys()].sort()).toEqual([...userIds].sort());
    expect(count()).toBe(1);
    await vault.dataKeys(userIds);
    expect(count()).toBe(1);
    expect((await vault.dataKeys([])).size).toBe(0);
  });

  it('that are missing are a fault that names the users', async () => {
    const userId = randomUUID();
    await node().createDataKey(userId);
    const missing = randomUUID();
    await expect(node().dataKeys([userId, missing])).rejects.toMatchObject({
      code: 'data_key_missing',
      userIds: [missing],
    });
    await expect(node().dataKey(missing)).rejects.toMatchObject({ code: 'data_key_missing' });
  });

  it('can’t be changed, revived or deleted by anyone', async () => {
    const userId = randomUUID();
    await node().createDataKey(userId);
    const refused = { code: '23001' };
    const change = 'UPDATE vault.data_keys SET wrapped_key = $2 WHERE user_id = $1';
    await expect(pool.query(change, [userId, Buffer.alloc(61)])).rejects.toMatchObject(refused);
    await node().applyErasures([userId]);
    const revive = 'UPDATE vault.data_keys SET wrapped_key = $2, erased_at = NULL WHERE user_id = $1';
    await expect(pool.query(revive, [userId, Buffer.alloc(61)])).rejects.toMatchObject(refused);
    const gone = pool.query('DELETE FROM vault.data_keys WHERE user_id = $1', [userId]);
    await expect(gone).rejects.toMatchObject(refused);
  });

  it('don’t open under another master key', async () => {
    const userId = randomUUID();
    await node().createDataKey(userId);
    const other = createVault({ db: pool, masterKey: newKey(), clock: () => Date.now() });
    await node().check();
    await expect(other.dataKey(userId)).rejects.toMatchObject({ code: 'vault_key_unreadable' });
    await expect(other.check()).rejects.toMatchObject({ code: 'vault_key_unreadable' });
  });
});

describe('erasing', () => {
  it('leaves a tombstone that stays, also when it is repeated', async () => {
    const userId = randomUUID();
    const vault = node();
    const sealed = sealPersonal({ type: 'T', version: 1 }, { a: 1 }, await vault.createDataKey(userId));
    await vault.applyErasures([userId]);
    const { rows } = await pool.query('SELECT * FROM vault.data_keys WHERE user_id = $1', [userId]);
    expect(rows[0]).toMatchObject({ wrapped_key: null, erased_at: expect.any(Date) });
    await vault.applyErasures([userId]);
    const again = await pool.query('SELECT * FROM vault.data_keys WHERE user_id = $1', [userId]);
    expect(again.rows).toEqual(rows);
    expect(await node().dataKey(userId)).toBe('erased');
    await expect(node().createDataKey(userId)).rejects.toMatchObject({ code: 'data_key_erased' });
    expect(() => openPersonal(sealed, newKey())).toThrow();
  });

  it('is seen at once where it was done, and elsewhere within the bound', async () => {
    const userId = randomUUID();
    const time = { now: 0 };
    const [here, elsewhere] = [node(), node(() => time.now)];
    await here.createDataKey(userId);
    expect(await elsewhere.dataKey(userId)).not.toBe('erased');
    await here.applyErasures([userId]);
    expect(await here.dataKey(userId)).toBe('erased');
    time.now = 5 * 60_000;
    expect(await elsewhere.dataKey(userId)).toBe('erased');
  });

  it('of many works on a vault that is older than some of them', async () => {
    const [held, erased, unknown] = [randomUUID(), randomUUID(), randomUUID()];
    await node().createDataKey(held);
    await node().createDataKey(erased);
    await node().applyErasures([erased]);
    expect(await node().applyErasures([held, erased, unknown, unknown])).toBe(2);
    expect(await node().applyErasures([held, erased, unknown])).toBe(0);
    expect(await node().applyErasures([])).toBe(0);
    const keys = await node().dataKeys([held, erased, unknown]);
    expect([...keys.values()]).toEqual(['erased', 'erased', 'erased']);
  });
});

describe('derived secrets', () => {
  it('follow from kind and id, on every node, and from nothing else', async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const secret = await node().derive('license_key', id);
    expect(secret).toHaveLength(32);
    expect(await node().derive('license_key', id)).toEqual(secret);
    expect(await node().derive('license_key', other)).not.toEqual(secret);
    expect(await node().derive('password_reset', id)).not.toEqual(secret);
    expect(await node().derive('service_key', id)).not.toEqual(secret);
  });

  it('are made under keys that are there from the first start on, one for each kind', async () => {
    await node().check();
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM vault.digest_keys ORDER BY name');
    const derived = DERIVED_KINDS.map((kind) => `derive:${kind}`);
    expect(rows.map((row) => row.name)).toEqual([...derived, 'email', 'request', 'reservation'].sort());
  });
});

describe('digests', () => {
  it('are the same on every node, for an email in any spelling', async () => {
    const digests = await Promise.all([
      ...Array.from({ length: 10 }, () => node().emailDigest('ada@example.com')),
      node().emailDigest(' ADA@example.com '),
    ]);
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await node().emailDigest('eve@example.com')).not.toBe(digests[0]);
  });

  it('of what is reserved tell kinds and parts apart', async () => {
    const digests = await Promise.all([
      node().reservationDigest('external', 'user', 'a'),
      node().reservationDigest('external', 'subscription', 'a'),
      node().reservationDigest('trial', 'user', 'a'),
      node().reservationDigest('external', 'usera'),
    ]);
    expect(new Set(digests).size).toBe(4);
    expect(await node().reservationDigest('external', 'user', 'a')).toBe(digests[0]);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of requests have a key of their own and leave passwords out', async () => {
    const vault = node();
    const digest = await vault.requestDigest({ email: 'a', password: 'x', months: 1 });
    expect(await node().requestDigest({ months: 1, email: 'a', password: 'y' })).toBe(digest);
    expect(await vault.requestDigest({ email: 'a', months: 2 })).not.toBe(digest);
    const { rows } = await pool.query('SELECT name FROM vault.digest_keys ORDER BY name');
    expect(rows.map((row) => row.name)).toEqual(expect.arrayContaining(['email', 'request']));
  });

  it('have keys that can’t be changed', async () => {
    await node().check();
    for (const sql of ["UPDATE vault.digest_keys SET name = 'x'", 'DELETE FROM vault.digest_keys']) {
      await expect(pool.query(sql)).rejects.toMatchObject({ code: '23001' });
    }
  });
});
