import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Licensed, signUpLicensed } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

let stack: LaunchedStack;
let customer: Licensed;
let operator: string;
beforeAll(async () => {
  stack = await launch();
  customer = await signUpLicensed(stack.url);
  operator = await stack.tool('token', '--role', 'operator', '--subject', 'support');
}, 120_000);
afterAll(() => dispose(stack));

const history = (search = '') =>
  ask(stack.url, `/v1/users/${customer.userId}/history${search}`, { token: operator });

/** An instant that lies between what was done and what will be: no event has its millisecond. */
async function between(): Promise<string> {
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
  return new Date(now + 1).toISOString();
}

describe('what was', () => {
  test('a customer before and after an operator stepped in: over HTTP and by the tool', async () => {
    const before = await between();
    const suspended = await ask(stack.url, `/v1/subscriptions/${customer.subscriptionId}/suspend`, {
      method: 'POST',
      token: operator,
      body: { reason: 'unpaid' },
    });
    expect(suspended.status).toBe(200);

    const now = await history();
    expect(now).toMatchObject({ status: 200, body: { state: { subscription: { status: 'suspended' } } } });
    expect(now.body.events).toMatchObject([
      { type: 'UserSignedUp', actor: { role: 'anonymous' } },
      { type: 'SubscriptionStarted', actor: { role: 'user', id: customer.userId } },
      { type: 'LicenseActivated', data: { clientId: customer.clientId } },
      { type: 'SubscriptionSuspended', actor: { role: 'operator', id: 'support' } },
    ]);
    const then = await history(`?as_of=${before}`);
    expect(then.body.state).toMatchObject({
      subscription: { status: 'active' },
      license_counts: { active: 1 },
    });
    expect(then.body.events).toHaveLength(3);

    const lines = (await stack.tool('history', customer.userId, '--json', '--with-personal')).split('\n');
    const byEmail = await stack.tool('history', customer.email.toUpperCase(), '--json', '--with-personal');
    expect(byEmail.split('\n')).toEqual(lines);
    const told = lines.map((line) => JSON.parse(line));
    expect(told[0].data.personal).toEqual({ email: customer.email });
    expect(told[3]).toMatchObject({
      data: { personal: { reason: 'unpaid' } },
      state: { licenses: { active: 1 } },
    });
  });
});
