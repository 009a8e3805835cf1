import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRequest, signUp, signUpLicensed } from '../../../support/requests/api.ts';
import { askChecked, postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let operator: string;
beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);
const call = (resource: string, request: ApiRequest) => askChecked(node.url, resource, request);

describe('activations', () => {
  it('activates once: the same client again is the same license and an equivalent key', async () => {
    const { token, licenseId, clientId, activationKey } = await signUpLicensed(node.url, { staff: operator });
    const again = await post('/v1/activations', token, { client_id: clientId });
    expect(again).toMatchObject({
      status: 200,
      body: { license_id: licenseId, client_id: clientId, activation_key: activationKey },
    });
  });

  it('refuses without a subscription, and beyond the plan', async () => {
    const { token } = await signUp(node.url);
    expect((await post('/v1/activations', token, { client_id: 'a' })).body.code).toBe(
      'no_active_subscription',
    );
    await post('/v1/subscriptions', token, { plan: 'free', months: 1 });
    expect((await post('/v1/activations', token, { client_id: 'a', client_name: 'Büro' })).status).toBe(201);
    const full = await post('/v1/activations', token, { client_id: 'b' });
    expect(full).toMatchObject({
      status: 409,
      body: { code: 'client_limit_reached', limit: 1, active_clients: [{ client_id: 'a' }] },
    });
  });

  it('deactivates by the user or by the client with its key; twice is once', async () => {
    const { token, clientId, activationKey } = await signUpLicensed(node.url, { staff: operator });
    const stranger = await signUpLicensed(node.url, { staff: operator });
    const path = `/v1/activations/${encodeURIComponent(clientId)}`;
    const remove = (key: string, resource = path) => call(resource, { method: 'DELETE', token: key });
    expect((await remove(stranger.activationKey)).status).toBe(404);
    expect((await remove(stranger.token)).status).toBe(404);
    expect((await remove(operator)).body.code).toBe('role_not_allowed');
    const first = await remove(activationKey);
    expect(first.status).toBe(204);
    const second = await remove(token);
    expect(second.status).toBe(204);
    expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'));
    expect((await remove(token, '/v1/activations/never-activated')).status).toBe(404);

    await post('/v1/activations', token, { client_id: 'a/b ç' });
    expect((await remove(token, `/v1/activations/${encodeURIComponent('a/b ç')}`)).status).toBe(204);
  });

  it.each(['.', '..', '../x', 'a/..', 'a/./b', 'a/../../../x'])(
    'refuses the client id %s: as a part of a path it would mean another path',
    async (clientId) => {
      const { token } = await signUpLicensed(node.url, { staff: operator });
      const answer = await post('/v1/activations', token, { client_id: clientId });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/client_id' }] } });
    },
  );

  it('compares client ids after Unicode NFC', async () => {
    const { token } = await signUpLicensed(node.url, { staff: operator });
    const first = await post('/v1/activations', token, { client_id: 'Bu\u0308ro-Mac' });
    expect(first).toMatchObject({ status: 201, body: { client_id: 'B\u00fcro-Mac' } });
    const again = await post('/v1/activations', token, { client_id: 'B\u00fcro-Mac' });
    expect(again).toMatchObject({ status: 200, body: { license_id: first.body.license_id } });
    const path = `/v1/activations/${encodeURIComponent('Bu\u0308ro-Mac')}`;
    expect((await call(path, { method: 'DELETE', token })).status).toBe(204);
  });

  it.each([
    ['an email address', 'ada@example.com', /looks like an email address/],
    ['an email address in wide letters', 'ada\uff20example\uff0ecom', /looks like an email address/],
    ['a zero-width space', 'lap\u200btop', /invisible/],
    ['a byte order mark', 'laptop\ufeff', /invisible/],
    ['a code point that is not assigned', 'laptop\u0378', /invisible/],
    // Each becomes two letters by normalising.
    ['a form that is too long', '\u0958'.repeat(65), /128 characters after Unicode NFC/],
  ])('refuses a client id with %s, and says why', async (_what, clientId, detail) => {
    const { token } = await signUpLicensed(node.url, { staff: operator });
    const answer = await post('/v1/activations', token, { client_id: clientId });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors).toEqual([{ pointer: '/client_id', detail: expect.stringMatching(detail) }]);
  });

  it('takes other dots in a client id', async () => {
    const { token } = await signUpLicensed(node.url, { staff: operator });
    for (const clientId of ['...', 'a..b/.c', 'host.example']) {
      expect((await post('/v1/activations', token, { client_id: clientId })).status).toBe(201);
    }
  });

  it('takes an activation key for nothing else', async () => {
    const { activationKey } = await signUpLicensed(node.url, { staff: operator });
    const answer = await post('/v1/activations', activationKey, { client_id: 'x' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
  });
});
