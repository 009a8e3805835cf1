import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectorService, startProjector } from '../../../../projector/app.ts';
import { readProjectorConfig } from '../../../../projector/config.ts';
import { uuidv7 } from '../../../../shared/ids.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { signUpLicensed } from '../../../support/requests/api.ts';
import { startRedis, type TestServer } from '../../../support/servers/servers.ts';
import { postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let redis: TestServer;
let node: CommandNode;
let projector: ProjectorService;
let operator: string;
beforeAll(async () => {
  redis = await startRedis();
  node = await startCommandNode({ settings: { REDIS_URL: redis.url } });
  projector = await project();
  operator = await node.operatorToken();
});
afterAll(async () => {
  await projector.stop();
  await node[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const project = (): Promise<ProjectorService> =>
  startProjector({
    config: readProjectorConfig(node.settings),
    logger: createLogger({ service: 'projector', level: 'silent' }),
  });
const post = postTo(() => node.url);
async function tokenWith(...scopes: string[]): Promise<string> {
  const { service_account_id: id } = (
    await post('/v1/service-accounts', operator, { name: 'support', scopes })
  ).body;
  const { secret } = (await post(`/v1/service-accounts/${id}/keys`, operator)).body;
  const fields = { grant_type: 'client_credentials', client_id: String(id), client_secret: String(secret) };
  const answer = await fetch(`${node.url}/v1/token`, { method: 'POST', body: new URLSearchParams(fields) });
  return String(((await answer.json()) as { access_token: string }).access_token);
}
const unknownId = () => uuidv7(Date.now(), randomBytes(10));

describe('an operator', () => {
  it('sees of a license what only PostgreSQL knows: its name, and the day it was seen last', async () => {
    const licensed = await signUpLicensed(node.url, { staff: operator });
    const { licenseId, userId } = licensed;
    await eventually('the row is there', async () => {
      const changed = "UPDATE read_model.licenses SET client_name = 'A laptop' WHERE license_id = $1";
      return (await node.pool.query(changed, [licenseId])).rowCount === 1;
    });
    const seen = "INSERT INTO usage.last_seen VALUES ($1, $2, '2026-06-01')";
    await node.pool.query(seen, [licenseId, userId]);
    const details = async (verb: string) => {
      const { client_name, last_seen_on } = (await post(`/v1/licenses/${licenseId}/${verb}`, operator)).body;
      return { client_name, last_seen_on };
    };
    expect(await details('revoke')).toEqual({ client_name: 'A laptop', last_seen_on: '2026-06-01' });
    // A name is shown to who may read customers.
    const narrow = await tokenWith('licenses:write');
    const unnamed = (await post(`/v1/licenses/${licenseId}/revoke`, narrow)).body;
    expect(unnamed).toMatchObject({ license_id: licenseId, last_seen_on: '2026-06-01' });
    expect(unnamed).not.toHaveProperty('client_name');
    // A row that somebody else holds for longer than an answer waits.
    const holder = await node.pool.connect();
    await holder.query('BEGIN; LOCK TABLE usage.last_seen IN ACCESS EXCLUSIVE MODE');
    expect(await details('reinstate')).toEqual({ client_name: null, last_seen_on: null });
    await holder.query('ROLLBACK');
    holder.release();
  });

  it('suspends and reinstates a subscription that it names by its id alone', async () => {
    const licensed = await signUpLicensed(node.url, { staff: operator });
    const path = `/v1/subscriptions/${licensed.subscriptionId}`;
    const suspended = await post(`${path}/suspend`, operator, { reason: 'unpaid' });
    expect(suspended).toMatchObject({
      status: 200,
      body: { status: 'suspended', user_id: licensed.userId, subscription_id: licensed.subscriptionId },
    });
    const again = await post(`${path}/suspend`, operator);
    expect(again.headers.get('ETag')).toBe(suspended.headers.get('ETag'));
    const other = await post('/v1/activations', licensed.token, { client_id: 'other' });
    expect(other).toMatchObject({ status: 409, body: { code: 'subscription_suspended' } });
    const cancel = await post(`${path}/cancel`, licensed.token);
    expect(cancel).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect(await post(`${path}/uncancel`, licensed.token)).toMatchObject({
      status: 409,
      body: { code: 'subscription_suspended' },
    });
    expect((await post(`${path}/uncancel`, operator)).body.status).toBe('suspended');
    expect((await post(`${path}/reinstate`, operator)).body.status).toBe('active');
    await post(`${path}/cancel`, operator);
    expect(await post(`${path}/uncancel`, licensed.token)).toMatchObject({
      status: 409,
      body: { code: 'cancelled_by_staff', subscription_id: licensed.subscriptionId },
    });
    expect((await post(`${path}/uncancel`, operator)).status).toBe(200);
    const renewed = await post(`${path}/renew`, operator, { months: 1 }, { 'Idempotency-Key': 'r-1' });
    expect(renewed.status).toBe(200);
    expect((await post(`${path}/change-plan`, operator, { plan: 'enterprise' })).body.plan_type).toBe(
      'enterprise',
    );
  });

  it('revokes, reinstates and deactivates a license', async () => {
    const licensed = await signUpLicensed(node.url, { staff: operator });
    const { token, clientId, activationKey } = licensed;
    const path = `/v1/licenses/${licensed.licenseId}`;
    const reinstated = () => post(`${path}/reinstate`, operator);
    expect((await post(`${path}/revoke`, operator, { reason: 'leaked' })).body).toMatchObject({
      license_id: licensed.licenseId,
      product: 'app',
      client_id: clientId,
      client_name: null,
      last_seen_on: null,
      status: 'revoked',
    });
    const refused = await post('/v1/activations', token, { client_id: clientId });
    expect(refused).toMatchObject({ status: 409, body: { code: 'client_revoked' } });
    expect((await post(`${path}/deactivate`, operator)).body.code).toBe('client_revoked');
    expect((await reinstated()).body.status).toBe('active');
    const again = await post('/v1/activations', token, { client_id: clientId });
    expect(again).toMatchObject({ status: 200, body: { activation_key: activationKey } });
    expect((await post(`${path}/deactivate`, operator)).body.status).toBe('deactivated');
    expect((await reinstated()).body.code).toBe('license_deactivated');
    expect((await post('/v1/activations', token, { client_id: clientId })).status).toBe(201);
    expect((await post(`${path}/revoke`, operator)).body.code).toBe('license_replaced');
  });

  it('is told 404 only by a read model that has come to the log’s end, else that it is behind', async () => {
    for (const path of [`/v1/licenses/${unknownId()}/revoke`, `/v1/subscriptions/${unknownId()}/suspend`])
      expect(await post(path, operator)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await post(`/v1/subscriptions/${randomUUID()}/suspend`, operator)).status).toBe(404);

    await projector.stop();
    const licensed = await signUpLicensed(node.url, { staff: operator });
    const path = `/v1/licenses/${licensed.licenseId}/revoke`;
    const behind = await post(path, operator);
    expect(behind).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(behind.headers.get('Retry-After')).toBe('1');

    projector = await project();
    await eventually('it is found', async () => (await post(path, operator)).status === 200);
  });

  it('finds what a parked event made, and is told 404 of what none made', async () => {
    const { userId, licenseId } = await signUpLicensed(node.url, { staff: operator });
    const read = () => node.pool.query('SELECT FROM read_model.licenses WHERE license_id = $1', [licenseId]);
    await eventually('it is projected', async () => (await read()).rowCount === 1);
    // As if its activation had been parked.
    await node.pool.query('DELETE FROM read_model.licenses WHERE license_id = $1', [licenseId]);
    const park = (user: string, stream: string) =>
      node.pool.query(
        `INSERT INTO read_model.parked_events (event_id, user_id, stream, revision, position_commit, position_prepare,
           type, cause, attempts, mark, created_at)
         VALUES (gen_random_uuid(), $1, $2, 2, 0, 0, 'LicenseActivated', 'c', 1, 'parked', now())`,
        [user, stream],
      );
    await park(userId, `user-${userId}`);
    const revoke = (id: string) => post(`/v1/licenses/${id}/revoke`, operator);
    expect(await revoke(unknownId())).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await revoke(licenseId)).toMatchObject({ status: 200, body: { status: 'revoked' } });
    // Too many to look through: then nobody can say.
    for (let i = 0; i < 20; i += 1) await park(randomUUID(), `user-${randomUUID()}`);
    const answer = await revoke(unknownId());
    expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
    await node.pool.query('DELETE FROM read_model.parked_events');
  });

  it('does not believe an index that names the wrong user', async () => {
    const [right, wrong] = [
      await signUpLicensed(node.url, { staff: operator }),
      await signUpLicensed(node.url, { staff: operator }),
    ];
    const path = `/v1/licenses/${right.licenseId}`;
    expect((await post(`${path}/revoke`, operator)).status).toBe(200);
    await node.pool.query('UPDATE read_model.licenses SET user_id = $2 WHERE license_id = $1', [
      right.licenseId,
      wrong.userId,
    ]);
    expect(await post(`${path}/reinstate`, operator)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  it('of another kind may not: an analyst gives no commands', async () => {
    const { token } = await node.tokens.signAccessToken({ subject: 'ann', role: 'analyst' });
    const answer = await post(`/v1/licenses/${randomUUID()}/revoke`, token);
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', scope: 'licenses:write' },
    });
  });
});
