import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { type ApiRequest, ask } from '../../support/requests/api.ts';
import type { LicensedUser } from './read-model.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let node: QueryService;
let user: LicensedUser;
let own: string;
let operator: string;

beforeAll(async () => {
  system.it.projector.start();
  node = await system.it.startNode();
  user = await system.it.readModel.addUser();
  own = await system.it.accessToken(user.userId);
  operator = await system.it.accessToken('ops', 'operator');
});

const get = (path: string, token?: string, request: ApiRequest = {}) =>
  ask(node.url, path, { token, ...request });
const nobody = () => uuidv7(Date.now(), randomBytes(10));

describe('Min-Event-Position', () => {
  const at = (position: string) => ({ headers: { 'Min-Event-Position': position } });
  const paths = () => [
    ['/v1/me', own],
    ['/v1/me/licenses', own],
    ['/v1/me/subscriptions', own],
    [`/v1/licenses/${user.licenseId}`, own],
    [`/v1/licenses/${user.licenseId}`, operator],
    [`/v1/subscriptions/${user.subscriptionId}`, operator],
    [`/v1/users/${user.userId}`, operator],
  ];
  it('is answered at once where it is reached', async () => {
    for (const [path, token] of paths())
      expect((await get(path as string, token, at(system.it.readModel.checkpoint))).status).toBe(200);
  });
  it('is waited for', async () => {
    const someone = await system.it.readModel.addUser();
    const token = await system.it.accessToken(someone.userId);
    const answering = get('/v1/me/subscriptions', token, at(system.it.readModel.next));
    await system.it.readModel.suspend(someone);
    expect((await answering).body).toMatchObject({ items: [{ status: 'suspended' }] });
  });
  it('is a 503 where it is not reached in time', async () => {
    const answers = await Promise.all(
      paths().map(([path, token]) => get(path as string, token, at('99999/99999'))),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
      expect(answer.headers.get('Retry-After')).toBe('1');
    }
  });
  it('of a parked user is a 503 at once, also for what has no row yet', async () => {
    const someone = await system.it.readModel.addUser();
    const token = await system.it.accessToken(someone.userId);
    const parkedAt = await system.it.readModel.park(someone);
    for (const [path, asker] of [
      ['/v1/me', token],
      [`/v1/licenses/${nobody()}`, operator],
    ]) {
      const answer = await get(path as string, asker, at(parkedAt));
      expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
    }
    expect((await get('/v1/me', token)).status).toBe(200);
  });
  it('is refused by lists of many users, and where it is no position', async () => {
    for (const path of ['/v1/users', '/v1/stats']) {
      const answer = await get(path, operator, at('1/1'));
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: 'min-event-position:' }] } });
    }
    expect((await get('/v1/me', own, at('soon'))).status).toBe(400);
  });
});

describe('an access token', () => {
  const asking = (userId: string, revision: number) =>
    system.it.accessToken(userId, 'user', revision).then((token) => get('/v1/me', token));

  it('from before a new password has ended', async () => {
    const someone = await system.it.readModel.addUser();
    await system.it.readModel.query(
      'UPDATE read_model.users SET credentials_revision = 5 WHERE user_id = $1',
      [someone.userId],
    );
    expect(await asking(someone.userId, 4)).toMatchObject({ status: 401, body: { code: 'token_ended' } });
    expect((await asking(someone.userId, 5)).status).toBe(200);
  });
  it('that was logged out has ended, and no other', async () => {
    const someone = await system.it.readModel.addUser();
    const token = await system.it.accessToken(someone.userId);
    const verified = await system.it.tokens.verifyAccessToken(token);
    const jti = verified.ok && verified.claims.jti;
    await system.it.readModel.query(
      'UPDATE read_model.users SET ended_token_ids = jsonb_build_object($2::text, $3::text) WHERE user_id = $1',
      [someone.userId, jti, new Date().toISOString()],
    );
    const ended = await get('/v1/me', token);
    expect(ended).toMatchObject({ status: 401, body: { code: 'token_ended' } });
    expect(ended.headers.get('WWW-Authenticate')).toContain('invalid_token');
    expect((await asking(someone.userId, 1)).status).toBe(200);
  });
  it('of an erased user has ended', async () => {
    const someone = await system.it.readModel.addUser();
    await system.it.readModel.erase(someone);
    expect((await asking(someone.userId, 9)).status).toBe(401);
    expect((await get(`/v1/users/${someone.userId}`, operator)).body).toMatchObject({
      status: 'erased',
      email: null,
    });
  });
  it('of a user whom the read model does not have yet: 503, not "no such user"', async () => {
    expect(await asking(nobody(), 0)).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
  });
  it('is none: 401; an activation key is none either', async () => {
    for (const token of [undefined, 'x', await system.it.keyOf(user)])
      expect((await get('/v1/me', token)).status).toBe(401);
  });
});

describe('bad input', () => {
  it.each([
    ['/v1/me/licenses?limit=0', '?limit'],
    ['/v1/me/licenses?limit=101', '?limit'],
    ['/v1/me/licenses?cursor=x', '?cursor'],
    ['/v1/me?x=1', '?x'],
    ['/v1/licenses/x', '{id}'],
    ['/v1/subscriptions/1', '{id}'],
  ])('%s is refused, and the field is named', async (path, pointer) => {
    expect(await get(path, own)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });
  it.each(['email=', 'license_id=x', 'client_id=a%00', 'external_id=', 'client_id=a&client_id=b', 'x=1'])(
    '/v1/users?%s',
    async (query) => {
      const answer = await get(`/v1/users?${query}`, operator);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    },
  );
  it('methods and paths', async () => {
    const wrong = await get('/v1/me', own, { method: 'PATCH' });
    expect([wrong.status, wrong.headers.get('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await get('/v1/nothing', own)).body.code).toBe('route_not_found');
  });
});
