import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePosition } from '../../../shared/events/position.ts';
import { timeOfUuidv7, uuidv7 } from '../../../shared/ids.ts';
import { type Licensed, signUpLicensed } from '../../support/api.ts';
import { postTo } from './ask-checked.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let operator: string;
beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);

/** What the projector would have written: the rows that this service looks at, and how far it has come. */
async function project(licensed: Licensed): Promise<void> {
  const { userId, subscriptionId, licenseId, clientId } = licensed;
  await node.pool.query(
    `INSERT INTO read_model.subscriptions
       (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date, end_date, created_at, updated_at)
     VALUES ($1, $2, 'pro', '{}', false, false, $3, now(), now(), now())`,
    [subscriptionId, userId, new Date(timeOfUuidv7(subscriptionId) as number)],
  );
  await node.pool.query(
    `INSERT INTO read_model.licenses
       (license_id, user_id, subscription_id, client_id, status, activated_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, 'active', now(), now(), now())`,
    [licenseId, userId, subscriptionId, clientId],
  );
}

async function reach(position: string): Promise<void> {
  const { commit, prepare } = parsePosition(position) as { commit: bigint; prepare: bigint };
  await node.pool.query(
    `INSERT INTO read_model.checkpoints (name, position_commit, position_prepare) VALUES ('direct', $1, $2)
     ON CONFLICT (name) DO UPDATE SET position_commit = $1, position_prepare = $2`,
    [String(commit), String(prepare)],
  );
}

describe('an operator', () => {
  it('suspends and reinstates a subscription that it names by its id alone', async () => {
    const licensed = await signUpLicensed(node.url);
    await project(licensed);
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
    const cancel = await post(`${path}/cancel`, licensed.token, { immediately: true });
    expect(cancel).toMatchObject({ status: 409, body: { code: 'subscription_suspended' } });
    expect((await post(`${path}/reinstate`, operator)).body.status).toBe('active');
    const renewed = await post(`${path}/renew`, operator, { months: 1 }, { 'Idempotency-Key': 'r-1' });
    expect(renewed.status).toBe(200);
    expect((await post(`${path}/change-plan`, operator, { plan: 'enterprise' })).body.plan_type).toBe(
      'enterprise',
    );
  });

  it('revokes, reinstates and deactivates a license', async () => {
    const licensed = await signUpLicensed(node.url);
    await project(licensed);
    const { token, clientId, activationKey } = licensed;
    const path = `/v1/licenses/${licensed.licenseId}`;
    const reinstated = () => post(`${path}/reinstate`, operator);
    expect((await post(`${path}/revoke`, operator, { reason: 'leaked' })).body).toMatchObject({
      license_id: licensed.licenseId,
      client_id: clientId,
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

  it('is told that the read model is behind where it can’t know, and 404 where it can', async () => {
    const licensed = await signUpLicensed(node.url);
    const path = `/v1/licenses/${licensed.licenseId}/revoke`;
    await reach('0/0');
    const behind = await post(path, operator);
    expect(behind).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(behind.headers.get('Retry-After')).toBe('1');

    const waiting = post(path, operator);
    await project(licensed);
    expect((await waiting).status).toBe(200);

    await reach(licensed.position.replace(/^\d+/, '9999'));
    const unknown = uuidv7(Date.now(), new Uint8Array(10));
    expect((await post(`/v1/licenses/${unknown}/revoke`, operator)).status).toBe(404);
    expect((await post(`/v1/subscriptions/${unknown}/suspend`, operator)).status).toBe(404);
    expect((await post(`/v1/subscriptions/${randomUUID()}/suspend`, operator)).status).toBe(404);

    await node.pool.query(
      `INSERT INTO read_model.parked_events VALUES ($1, $1, 's', 0, 0, 0, 't', 'c', 1, 'parked', now())`,
      [randomUUID()],
    );
    const parked = await post(`/v1/licenses/${unknown}/revoke`, operator);
    expect(parked).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
  });

  it('does not believe an index that names the wrong user', async () => {
    const [right, wrong] = [await signUpLicensed(node.url), await signUpLicensed(node.url)];
    await project({ ...right, userId: wrong.userId });
    const answer = await post(`/v1/licenses/${right.licenseId}/revoke`, operator);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('of another kind may not: an analyst gives no commands', async () => {
    const { token } = await node.tokens.signAccessToken({ subject: 'ann', role: 'analyst' });
    const answer = await post(`/v1/licenses/${randomUUID()}/revoke`, token);
    expect(answer).toMatchObject({ status: 403, body: { code: 'role_not_allowed' } });
  });
});
