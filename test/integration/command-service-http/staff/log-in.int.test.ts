import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { ask } from '../../../support/requests/api.ts';
import {
  acceptWelcome,
  cookieOf,
  inviteMember,
  logInMember,
  totpCode,
  welcomeMember,
  withSession,
} from '../../../support/requests/staff.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let operator: string;

beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const scopes = ['customers:write'] as const;
const member = () => welcomeMember(node.url, operator, scopes);
const makeCustomer = (headers: Record<string, string>) =>
  ask(node.url, '/v1/users', { body: { name: 'Ada' }, headers });

describe('a person of the staff', () => {
  it('logs in with password and code, and does what the scopes say, as themself', async () => {
    const grace = await member();
    const answer = await logInMember(node.url, grace, { code: totpCode(grace.totpSecret) });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('Set-Cookie')).toMatch(
      /^staff=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const headers = withSession(cookieOf(answer));
    expect(await makeCustomer(headers)).toMatchObject({ status: 201 });
    const erase = await ask(node.url, `/v1/users/${grace.staffId}`, { method: 'DELETE', headers });
    expect(erase).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', scope: 'customers:erase' },
    });
  });

  it('gets a code in once, and no earlier one after it', async () => {
    const grace = await member();
    const code = totpCode(grace.totpSecret);
    expect((await logInMember(node.url, grace, { code })).status).toBe(204);
    const wrong = { status: 403, body: { code: 'wrong_code' } };
    expect(await logInMember(node.url, grace, { code })).toMatchObject(wrong);
    expect(await logInMember(node.url, grace, { code: totpCode(grace.totpSecret, -1) })).toMatchObject(wrong);
    expect(await logInMember(node.url, grace, { code: totpCode(grace.totpSecret, 5) })).toMatchObject(wrong);
  });

  it('gets one code in once also where two nodes are asked at the same time', async () => {
    const other = await node.another();
    const grace = await member();
    const code = totpCode(grace.totpSecret);
    const answers = await Promise.all(
      [node.url, other.url, node.url, other.url].map((url) => logInMember(url, grace, { code })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403, 403, 403]);
  });

  it('has ten recovery codes, each for once', async () => {
    const grace = await member();
    expect(new Set(grace.recoveryCodes).size).toBe(10);
    const [first, second] = grace.recoveryCodes as [string, string];
    expect((await logInMember(node.url, grace, { recovery_code: first })).status).toBe(204);
    expect((await logInMember(node.url, grace, { recovery_code: first })).status).toBe(403);
    const typed = second.toLowerCase().replaceAll('-', ' ');
    expect((await logInMember(node.url, grace, { recovery_code: typed })).status).toBe(204);
  });

  it('begins one session by a ticket', async () => {
    const { email, password, totpSecret } = await member();
    const { body } = await ask(node.url, '/v1/staff/login', { body: { email, password } });
    const second = (offset: number) =>
      ask(node.url, '/v1/staff/login/second-factor', {
        body: { ticket: body.ticket, code: totpCode(totpSecret, offset) },
      });
    expect((await second(0)).status).toBe(204);
    expect(await second(1)).toMatchObject({ status: 400, body: { code: 'token_invalid' } });
  });

  it('is told nothing of whether an email, a password or a second factor is missing', async () => {
    const grace = await member();
    const invited = await inviteMember(node.url, operator, scopes);
    const refused = { status: 401, body: { code: 'invalid_credentials' } };
    const logIn = (email: string, password: string) =>
      ask(node.url, '/v1/staff/login', { body: { email, password } });
    expect(await logIn(grace.email, 'another password')).toMatchObject(refused);
    expect(await logIn('nobody@example.com', grace.password)).toMatchObject(refused);
    expect(await logIn(String(invited.body.email), grace.password)).toMatchObject(refused);
    const { welcome_token: token, email } = invited.body;
    await ask(node.url, '/v1/staff/welcome', { body: { token, password: grace.password } });
    expect(await logIn(String(email), grace.password)).toMatchObject(refused);
  });
});

describe('a session', () => {
  it('changes nothing without its own CSRF token', async () => {
    const [grace, ada] = [await member(), await member()];
    const refused = { status: 403, body: { code: 'csrf_token_invalid' } };
    expect(await makeCustomer({ Cookie: grace.cookie })).toMatchObject(refused);
    const others = withSession(ada.cookie)['X-CSRF-Token'];
    expect(await makeCustomer(withSession(grace.cookie, others))).toMatchObject(refused);
    expect(await makeCustomer(withSession(grace.cookie, ''))).toMatchObject(refused);
    expect((await makeCustomer(withSession(grace.cookie))).status).toBe(201);
  });

  it('is no access token, and an access token is no session', async () => {
    const { cookie } = await member();
    const session = cookie.slice('staff='.length);
    expect(await ask(node.url, '/v1/users', { token: session, body: { name: 'Ada' } })).toMatchObject({
      status: 401,
      body: { code: 'token_invalid' },
    });
    const headers = { Cookie: `staff=${operator}`, 'X-CSRF-Token': 'x' };
    expect(await makeCustomer(headers)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
  });

  it('that somebody planted beside another is refused', async () => {
    const [grace, ada] = [await member(), await member()];
    const headers = { ...withSession(grace.cookie), Cookie: `${ada.cookie}; ${grace.cookie}` };
    expect(await makeCustomer(headers)).toMatchObject({ status: 401, body: { code: 'token_required' } });
  });

  it('ends with its log-out, and the others go on', async () => {
    const grace = await member();
    const other = withSession(
      cookieOf(await logInMember(node.url, grace, { code: totpCode(grace.totpSecret) })),
    );
    const headers = withSession(grace.cookie);
    const out = await ask(node.url, '/v1/staff/logout', { method: 'POST', headers });
    expect(out).toMatchObject({ status: 204 });
    expect(out.headers.get('Set-Cookie')).toMatch(/^staff=; Max-Age=0; /);
    expect(await makeCustomer(headers)).toMatchObject({ status: 401, body: { code: 'token_ended' } });
    expect((await makeCustomer(other)).status).toBe(201);
  });

  it.each([
    [
      'an end of all of them',
      (id: string) => ask(node.url, `/v1/staff/${id}/sessions/end`, { method: 'POST', token: operator }),
    ],
    [
      'other scopes',
      (id: string) =>
        ask(node.url, `/v1/staff/${id}/scopes`, {
          token: operator,
          body: { scopes: ['customers:read', 'customers:write'] },
        }),
    ],
    ['a reset', (id: string) => ask(node.url, `/v1/staff/${id}/reset`, { method: 'POST', token: operator })],
    ['a removal', (id: string) => ask(node.url, `/v1/staff/${id}`, { method: 'DELETE', token: operator })],
  ])('ends with %s, on every node', async (_what, end) => {
    const other = await node.another();
    const grace = await member();
    const headers = withSession(grace.cookie);
    const askOther = () => ask(other.url, '/v1/users', { body: { name: 'Ada' }, headers });
    expect((await askOther()).status).toBe(201);
    expect((await end(grace.staffId)).status).toBeLessThan(300);
    const ended = { status: 401, body: { code: 'token_ended' } };
    expect(await makeCustomer(headers)).toMatchObject(ended);
    // It believes what it has read for 50 ms.
    await eventually(
      'the other node knows',
      async () => (await askOther()).body.code === 'token_ended',
      1_000,
    );
  });

  it('ends with a new password, and the old one is good no longer', async () => {
    const grace = await member();
    const headers = withSession(grace.cookie);
    const change = (password: string, next: string) =>
      ask(node.url, '/v1/staff/password', { body: { password, new_password: next }, headers });
    expect(await change('not this one', 'correct horse battery')).toMatchObject({
      status: 403,
      body: { code: 'wrong_password' },
    });
    expect(await change(grace.password, 'password123')).toMatchObject({ status: 400 });
    expect(await change(grace.password, grace.email)).toMatchObject({ status: 400 });
    expect((await change(grace.password, 'correct horse battery')).status).toBe(204);
    expect(await makeCustomer(headers)).toMatchObject({ status: 401, body: { code: 'token_ended' } });
    await expect(logInMember(node.url, grace, { code: totpCode(grace.totpSecret) })).rejects.toThrow('401');
    const changed = { ...grace, password: 'correct horse battery' };
    expect((await logInMember(node.url, changed, { code: totpCode(grace.totpSecret) })).status).toBe(204);
  });

  it('begins over https alone, but on the machine itself; behind https its cookie is of this host alone', async () => {
    const grace = await member();
    const { email, password } = grace;
    const secure = await node.another({ PUBLIC_URL: 'https://licenses.example.com/' });
    const answer = await logInMember(secure.url, grace, { code: totpCode(grace.totpSecret) });
    expect(answer.headers.get('Set-Cookie')).toMatch(
      /^__Host-staff=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    const plain = { Cookie: cookieOf(answer).replace('__Host-', ''), 'X-CSRF-Token': 'x' };
    expect(await ask(secure.url, '/v1/users', { body: { name: 'Ada' }, headers: plain })).toMatchObject({
      status: 401,
    });
    const status = await new Promise((resolve, reject) => {
      const headers = { Host: 'licenses.internal', 'Content-Type': 'application/json' };
      const asked = request(`${node.url}/v1/staff/login`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end(JSON.stringify({ email, password }));
    });
    expect(status).toBe(403);
  });
});

describe('a welcome', () => {
  it('works once; asked for its password again, it shows another second factor', async () => {
    const invited = await inviteMember(node.url, operator, scopes);
    const token = String(invited.body.welcome_token);
    const show = () =>
      ask(node.url, '/v1/staff/welcome', { body: { token, password: 'correct horse battery' } });
    const [first, second] = [await show(), await show()];
    expect(second.body.totp_secret).not.toBe(first.body.totp_secret);
    expect(String(second.body.otpauth_url)).toContain('otpauth://totp/License%20System:');
    const confirm = (secret: unknown) =>
      ask(node.url, '/v1/staff/welcome/second-factor', { body: { token, code: totpCode(String(secret)) } });
    expect(await confirm(first.body.totp_secret)).toMatchObject({
      status: 403,
      body: { code: 'wrong_code' },
    });
    expect((await confirm(second.body.totp_secret)).status).toBe(200);
    const used = { status: 400, body: { code: 'token_invalid' } };
    expect(await confirm(second.body.totp_secret)).toMatchObject(used);
    expect(await show()).toMatchObject(used);
    expect(
      await ask(node.url, '/v1/staff/welcome', { body: { token: `${token}A`, password: 'correct horse' } }),
    ).toMatchObject(used);
  });

  it('is for one email once; who was removed may come again, as another', async () => {
    const email = 'Grace@Example.com';
    const first = await inviteMember(node.url, operator, scopes, email);
    expect(await inviteMember(node.url, operator, scopes, 'grace@example.com')).toMatchObject({
      status: 409,
      body: { code: 'staff_exists' },
    });
    const remove = () =>
      ask(node.url, `/v1/staff/${first.body.staff_id}`, { method: 'DELETE', token: operator });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
    const again = await inviteMember(node.url, operator, scopes, email);
    expect(again.status).toBe(201);
    expect(again.body.staff_id).not.toBe(first.body.staff_id);
    await acceptWelcome(node.url, String(again.body.welcome_token));
  });

  it('after a reset overtakes what was there', async () => {
    const grace = await member();
    const reset = await ask(node.url, `/v1/staff/${grace.staffId}/reset`, {
      method: 'POST',
      token: operator,
    });
    expect(reset).toMatchObject({ status: 201, body: { status: 'invited', email: grace.email } });
    await expect(logInMember(node.url, grace, { code: totpCode(grace.totpSecret) })).rejects.toThrow('401');
    const again = await acceptWelcome(node.url, String(reset.body.welcome_token));
    expect(again.totpSecret).not.toBe(grace.totpSecret);
    expect(
      (await logInMember(node.url, { ...grace, ...again }, { code: totpCode(again.totpSecret) })).status,
    ).toBe(204);
    expect(
      (
        await logInMember(
          node.url,
          { ...grace, ...again },
          { recovery_code: grace.recoveryCodes[0] as string },
        )
      ).status,
    ).toBe(403);
  });

  it('gives nobody scopes that its giver lacks', async () => {
    const lead = await welcomeMember(node.url, operator, ['staff:write', 'customers:write']);
    const boss = await welcomeMember(node.url, operator, ['staff:write', 'keys:write']);
    const headers = withSession(lead.cookie);
    const lacking = { status: 403, body: { code: 'insufficient_scope' } };
    const body = { email: 'x@example.com', name: 'X', scopes: ['keys:write'] };
    expect(await ask(node.url, '/v1/staff', { body, headers })).toMatchObject(lacking);
    expect(await ask(node.url, `/v1/staff/${boss.staffId}/reset`, { method: 'POST', headers })).toMatchObject(
      lacking,
    );
    expect(
      await ask(node.url, `/v1/staff/${lead.staffId}/scopes`, {
        body: { scopes: ['staff:write', 'keys:write'] },
        headers,
      }),
    ).toMatchObject(lacking);
    // A person is no service account, and has no keys.
    expect(
      await ask(node.url, `/v1/service-accounts/${lead.staffId}/keys`, { method: 'POST', headers }),
    ).toMatchObject({ status: 404 });
  });
});
