import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePositions, type Position, parsePosition } from '../../../../shared/event-log/position.ts';
import { SELF_SERVICE } from '../../../support/catalogues.ts';
import { type ApiAnswer, type ApiRequest, signUp, signUpLicensed } from '../../../support/requests/api.ts';
import { askChecked, postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let operator: string;
beforeAll(async () => {
  node = await startCommandNode({ settings: { PLAN_CATALOGUE_FILE: SELF_SERVICE } });
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);
const call = (resource: string, request: ApiRequest) => askChecked(node.url, resource, request);
const position = (answer: ApiAnswer): Position =>
  parsePosition(String(answer.headers.get('Event-Position'))) as Position;

describe('subscriptions of a user', () => {
  it('starts one: 201, shown whole, with its Location', async () => {
    const { token, userId } = await signUp(node.url);
    const answer = await post('/v1/subscriptions', token, { plan: 'pro', months: 12 });
    expect(answer).toMatchObject({
      status: 201,
      body: { user_id: userId, plan_type: 'pro', status: 'active', external_id: null },
    });
    expect(answer.headers.get('Location')).toBe(`/v1/subscriptions/${answer.body.subscription_id}`);
    const second = await post('/v1/subscriptions', token, { plan: 'free', months: 1 });
    expect(second).toMatchObject({
      status: 409,
      body: { code: 'subscription_exists', subscription_id: answer.body.subscription_id },
    });
  });

  it('takes explicit dates, and names what is wrong with a period', async () => {
    const { token } = await signUp(node.url);
    const day = 86_400_000;
    const at = (days: number) => new Date(Date.now() + days * day).toISOString();
    const pointers = async (body: object) => {
      const answer = await post('/v1/subscriptions', token, { plan: 'pro', ...body });
      const errors = answer.body.errors as { pointer: string }[];
      return [answer.status, answer.body.code, ...errors.map(({ pointer }) => pointer)];
    };
    expect(await pointers({})).toEqual([400, 'invalid_request', '/months']);
    expect(await pointers({ months: 0 })).toEqual([400, 'invalid_request', '/months']);
    expect(await pointers({ start_date: at(1) })).toEqual([400, 'invalid_request', '/end_date']);
    expect(await pointers({ months: 1, end_date: at(9) })).toEqual([400, 'invalid_request', '/end_date']);
    expect(await pointers({ start_date: at(400), end_date: at(500) })).toEqual([
      400,
      'invalid_request',
      '/start_date',
    ]);
    expect(await pointers({ start_date: at(9), end_date: at(8) })).toEqual([
      400,
      'invalid_request',
      '/end_date',
    ]);
    expect(await pointers({ plan: 'nope', months: 1 })).toEqual([400, 'invalid_request', '/plan']);
    expect(await pointers({ months: 1, user_id: randomUUID() })).toEqual([
      400,
      'invalid_request',
      '/user_id',
    ]);
    const good = await post('/v1/subscriptions', token, { plan: 'pro', start_date: at(9), end_date: at(40) });
    expect(good).toMatchObject({ status: 201, body: { status: 'scheduled' } });
  });

  it('keeps paid-by-contract plans to staff', async () => {
    const { token, userId } = await signUp(node.url);
    const refused = await post('/v1/subscriptions', token, { plan: 'enterprise', months: 1 });
    expect(refused).toMatchObject({ status: 403, body: { code: 'plan_not_self_service' } });
    const body = { plan: 'enterprise', months: 1, user_id: userId };
    expect((await post('/v1/subscriptions', operator, { ...body, user_id: undefined })).body.errors).toEqual([
      { pointer: '/user_id', detail: 'required of staff' },
    ]);
    expect((await post('/v1/subscriptions', operator, { ...body, user_id: randomUUID() })).status).toBe(404);
    const started = await post('/v1/subscriptions', operator, body);
    expect(started).toMatchObject({ status: 201, body: { user_id: userId, plan_type: 'enterprise' } });
    const id = started.body.subscription_id;
    const renew = await post(`/v1/subscriptions/${id}/renew`, token, { months: 1 }, { 'If-Match': '"1"' });
    expect(renew).toMatchObject({ status: 403, body: { code: 'plan_not_self_service' } });
  });

  it('starts one again under its external id: 200, unchanged, and by staff alone', async () => {
    const { token, userId } = await signUp(node.url);
    const body = { user_id: userId, plan: 'pro', months: 12, quantity: 2, external_id: `inv-${userId}` };
    const first = await post('/v1/subscriptions', operator, body);
    expect(first).toMatchObject({ status: 201, body: { external_id: body.external_id } });
    const again = await post('/v1/subscriptions', operator, { ...body, months: 24 });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get('ETag')).toBe(first.headers.get('ETag'));
    expect(await post('/v1/subscriptions', operator, { ...body, plan: 'basic' })).toMatchObject({
      status: 409,
      body: { code: 'external_id_taken' },
    });
    const { user_id: _, quantity: _quantity, ...own } = body;
    expect((await post('/v1/subscriptions', token, own)).body.errors).toEqual([
      { pointer: '/external_id', detail: 'only staff give one' },
    ]);
  });

  it('starts a trial, of the catalogue’s length, which staff turn into a paid plan without touching a machine', async () => {
    const { token, userId } = await signUp(node.url);
    const wrong = await post('/v1/subscriptions', token, { plan: 'pro', trial: true, months: 1 });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/trial' }] } });
    const trial = await post('/v1/subscriptions', token, { plan: 'pro', trial: true });
    expect(trial.status).toBe(201);
    const [start, end] = [trial.body.start_date, trial.body.end_date].map((at) => Date.parse(String(at)));
    expect(Number(end) - Number(start)).toBe(14 * 86_400_000);
    const machine = await post('/v1/activations', token, { client_id: 'machine' });
    const paid = await post('/v1/subscriptions', operator, { user_id: userId, plan: 'pro', months: 12 });
    expect(paid).toMatchObject({ status: 201, body: { status: 'active' } });
    const again = await post('/v1/activations', token, { client_id: 'machine' });
    expect(again).toMatchObject({ status: 200, body: { license_id: machine.body.license_id } });
    await post(`/v1/subscriptions/${paid.body.subscription_id}/cancel`, operator, { immediately: true });
    expect(await post('/v1/subscriptions', token, { plan: 'basic', trial: true })).toMatchObject({
      status: 409,
      body: { code: 'trial_used' },
    });
  });

  it('withdraws the customer’s own cancellation, and leaves staff’s to staff', async () => {
    const { token, subscriptionId } = await signUpLicensed(node.url);
    const path = `/v1/subscriptions/${subscriptionId}`;
    await post(`${path}/cancel`, token);
    const renewal = await post(`${path}/renew`, token, { months: 1 }, { 'Idempotency-Key': randomUUID() });
    expect(renewal).toMatchObject({ status: 409, body: { code: 'subscription_cancelled' } });
    expect(await post(`${path}/uncancel`, token)).toMatchObject({ status: 200, body: { status: 'active' } });
  });

  it('renews towards an end date without a key, as often as it is sent', async () => {
    const { token, subscriptionId } = await signUpLicensed(node.url);
    const path = `/v1/subscriptions/${subscriptionId}/renew`;
    const end = { end_date: new Date(Date.now() + 700 * 86_400_000).toISOString() };
    const first = await post(path, token, end);
    expect(first).toMatchObject({ status: 200, body: end });
    const earlier = { end_date: new Date(Date.now() + 500 * 86_400_000).toISOString() };
    for (const body of [end, earlier]) {
      const again = await post(path, token, body);
      expect(again).toMatchObject({ status: 200, body: end });
      expect(again.headers.get('ETag')).toBe(first.headers.get('ETag'));
    }
  });

  it('renews with a key or a revision, and only once', async () => {
    const { token, subscriptionId } = await signUpLicensed(node.url);
    const path = `/v1/subscriptions/${subscriptionId}/renew`;
    const bare = await post(path, token, { months: 1 });
    expect(bare).toMatchObject({ status: 428, body: { code: 'precondition_required' } });
    expect((await post(path, token, { months: 1 }, { 'If-Match': '*' })).status).toBe(428);
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post(path, token, { months: 1 }, headers);
    const second = await post(path, token, { months: 1 }, headers);
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('Event-Position')).toBe(first.headers.get('Event-Position'));
    const other = await post(path, token, { months: 2 }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });

    const tag = String(first.headers.get('ETag'));
    const third = await post(path, token, { months: 1 }, { 'If-Match': tag });
    expect(third.status).toBe(200);
    expect(comparePositions(position(third), position(first))).toBeGreaterThan(0);
    const stale = await post(path, token, { months: 1 }, { 'If-Match': tag });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(stale.headers.get('ETag')).toBe(third.headers.get('ETag'));
    expect(
      (await post(path, token, { months: 1 }, { 'If-Match': `W/${stale.headers.get('ETag')}` })).status,
    ).toBe(412);

    const end = { end_date: third.body.end_date };
    const same = await post(path, token, end, { 'If-Match': String(third.headers.get('ETag')) });
    expect(same).toMatchObject({ status: 200, body: { end_date: end.end_date } });
    expect(same.headers.get('ETag')).toBe(third.headers.get('ETag'));
  });

  it('changes the plan and cancels; neither is another user’s business', async () => {
    const { token, subscriptionId } = await signUpLicensed(node.url, { plan: 'basic' });
    const stranger = await signUp(node.url);
    const path = `/v1/subscriptions/${subscriptionId}`;
    expect((await post(`${path}/change-plan`, stranger.token, { plan: 'pro' })).status).toBe(404);
    expect((await post(`${path}/change-plan`, token, { plan: 'pro' })).body.plan_type).toBe('pro');
    expect((await post(`${path}/cancel`, stranger.token)).status).toBe(404);
    const cancelled = await call(`${path}/cancel`, { method: 'POST', token });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    const again = await post(`${path}/cancel`, token, { reason: 'said so before' });
    expect(again.headers.get('ETag')).toBe(cancelled.headers.get('ETag'));
    const atOnce = await post(`${path}/cancel`, token, { immediately: true });
    expect(Date.parse(String(atOnce.body.end_date))).toBeLessThanOrEqual(Date.now());
    expect(await post(`${path}/renew`, token, { months: 1 }, { 'Idempotency-Key': 'k' })).toMatchObject({
      status: 409,
      body: { code: 'subscription_ended' },
    });
    expect((await post(`${path}/suspend`, token)).body.code).toBe('role_not_allowed');
  });

  it('does not shrink below the active clients', async () => {
    const { token, subscriptionId } = await signUpLicensed(node.url, { plan: 'pro' });
    await post('/v1/activations', token, { client_id: 'second' });
    const answer = await post(`/v1/subscriptions/${subscriptionId}/change-plan`, token, { plan: 'free' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'too_many_clients', limit: 1, active: 2 } });
  });
});
