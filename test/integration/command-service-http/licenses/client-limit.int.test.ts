import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { signUpLicensed } from '../../../support/requests/api.ts';
import { postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
beforeAll(async () => {
  node = await startCommandNode();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);

/** What the projector and a query node would write: neither runs here. */
async function known(
  userId: string,
  licenseId: string,
  name: string,
  day: string | undefined,
): Promise<void> {
  await node.pool.query(
    `INSERT INTO read_model.licenses (license_id, user_id, subscription_id, product, client_id, client_name, status,
       activated_at, created_at, updated_at)
     VALUES ($1, $2, gen_random_uuid(), 'app', $3, $3, 'active', now(), now(), now())`,
    [licenseId, userId, name],
  );
  if (day) await node.pool.query('INSERT INTO usage.last_seen VALUES ($1, $2, $3)', [licenseId, userId, day]);
}

it('a refusal for want of a place shows who has one, longest unseen first; without PostgreSQL their ids', async () => {
  const staff = await node.operatorToken();
  const { userId, token, licenseId, clientId } = await signUpLicensed(node.url, { staff, plan: 'basic' });
  const activate = (client_id: string) => post('/v1/activations', token, { client_id });
  const [b, c] = [await activate('b'), await activate('c')];
  await known(userId, licenseId, 'Laptop', undefined);
  await known(userId, String(b.body.license_id), 'Office', '2020-03-01');
  await known(userId, String(c.body.license_id), 'Attic', '2020-02-29');

  // PostgreSQL is given 200 ms for the names: a busy machine may need another try.
  const refused = await eventually('the clients are named', async () => {
    const answer = await activate('d');
    const [first] = answer.body.active_clients as { client_name: string | null }[];
    return first?.client_name !== null && answer;
  });
  expect(refused).toMatchObject({ status: 409, body: { code: 'client_limit_reached', limit: 3 } });
  const activated_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  expect(refused.body.active_clients).toEqual([
    {
      license_id: c.body.license_id,
      client_id: 'c',
      client_name: 'Attic',
      activated_at,
      last_seen_on: '2020-02-29',
    },
    {
      license_id: b.body.license_id,
      client_id: 'b',
      client_name: 'Office',
      activated_at,
      last_seen_on: '2020-03-01',
    },
    // Never seen: away since it was activated.
    { license_id: licenseId, client_id: clientId, client_name: 'Laptop', activated_at, last_seen_on: null },
  ]);

  // A migration, say, holds the table: the answer doesn't wait for what it can do without.
  const migration = await node.pool.connect();
  await migration.query('BEGIN; LOCK TABLE usage.last_seen IN ACCESS EXCLUSIVE MODE');
  const unnamed = await activate('d');
  await migration.query('ROLLBACK');
  migration.release();
  const none = { client_name: null, activated_at, last_seen_on: null };
  expect(unnamed.body.active_clients).toEqual([
    { license_id: licenseId, client_id: clientId, ...none },
    { license_id: b.body.license_id, client_id: 'b', ...none },
    { license_id: c.body.license_id, client_id: 'c', ...none },
  ]);
  expect(node.log.join('')).toContain('client_facts_not_read');
});
