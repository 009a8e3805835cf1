import { validate } from '../tour/ask.ts';
import type { BillingAccount } from './billing.ts';
import type { Machine } from './machines.ts';
import { type Customer, check, type Stage, textOf } from './stage.ts';

const PASSWORD = 'a horse that staples batteries correctly';

interface SelfService {
  readonly userId: string;
  readonly email: string;
  readonly token: string;
  readonly machine: Machine;
}

/** A customer tries the program for two weeks, and buys it: no machine is touched. */
export async function tryAndBuy(stage: Stage, billing: BillingAccount): Promise<SelfService> {
  const { ask, say, run } = stage;
  const email = `grace-${run}@example.com`;
  say('\nA customer signs up, and tries the program for two weeks:');
  const account = { email, password: PASSWORD };
  const signedUp = await ask({ method: 'POST', resource: '/v1/signup', body: account, expected: 201 });
  const userId = textOf(signedUp.body, 'user_id');
  const token = textOf(signedUp.body, 'access_token');
  const trial = { product: 'editor', plan: 'pro', trial: true };
  await ask({ method: 'POST', resource: '/v1/subscriptions', token, body: trial, expected: 201 });
  const activated = await ask({
    method: 'POST',
    resource: '/v1/activations',
    token,
    body: { client_id: 'studio', product: 'editor' },
    expected: 201,
  });
  const machine = { clientId: 'studio', activationKey: textOf(activated.body, 'activation_key') };
  const onTrial = await validate(ask, machine.activationKey, machine.clientId, activated.position);
  check(onTrial.code === 'VALID' && onTrial.trial === true, 'the license is valid, on trial');
  say('\n… a paid plan is the seller’s to start; the refusal says so:');
  const paid = { product: 'editor', plan: 'pro', months: 12 };
  await ask({ method: 'POST', resource: '/v1/subscriptions', token, body: paid, expected: 403 });
  say('\n… so the customer pays, and billing starts it. It takes the trial’s place; the machine goes on:');
  const bought = await ask({
    method: 'POST',
    resource: '/v1/subscriptions',
    token: billing.token,
    body: { user_id: userId, ...paid, external_id: `sub-${run}-grace` },
    expected: 201,
  });
  const owned = await validate(ask, machine.activationKey, machine.clientId, bought.position);
  check(owned.code === 'VALID' && owned.trial === false, 'the same license is valid, and no trial');
  return { userId, email, token, machine };
}

/** Whatever a suspended customer does, the suspension stays. */
export async function suspend(stage: Stage, { userId, email, token, machine }: SelfService): Promise<void> {
  const { ask, say, operator } = stage;
  const listed = await ask({
    method: 'GET',
    resource: `/v1/users/${userId}/subscriptions`,
    token: operator,
    expected: 200,
  });
  const current = (listed.body.items as { status: string; subscription_id: string }[]).find(
    ({ status }) => status === 'active',
  );
  if (!current) throw new Error('the customer has no active subscription');
  say('\nThe card was stolen: support suspends the subscription.');
  const suspended = await ask({
    method: 'POST',
    resource: `/v1/subscriptions/${current.subscription_id}/suspend`,
    token: operator,
    body: { reason: 'chargeback' },
    expected: 200,
  });
  const answer = await validate(ask, machine.activationKey, machine.clientId, suspended.position);
  check(answer.code === 'SUSPENDED', 'the license is suspended');
  say('\n… the customer tries another plan, and then to come back as somebody new:');
  const free = { product: 'editor', plan: 'free', months: 1 };
  await ask({ method: 'POST', resource: '/v1/subscriptions', token, body: free, expected: 409 });
  await ask({ method: 'POST', resource: '/v1/me/erase', token, body: { password: PASSWORD }, expected: 204 });
  const again = { email, password: PASSWORD };
  await ask({ method: 'POST', resource: '/v1/signup', body: again, expected: 409 });
}

/** Money back: what the seller ended stays ended. */
export async function refund(stage: Stage, billing: BillingAccount, customer: Customer): Promise<void> {
  const { ask, say } = stage;
  say('\nA refund: billing ends the subscription at once.');
  await ask({
    method: 'POST',
    resource: `/v1/subscriptions/${customer.subscriptionId}/cancel`,
    token: billing.token,
    body: { immediately: true, reason: 'refund' },
    expected: 200,
  });
  say('\n… and a renewal that was still on its way changes nothing:');
  await ask({
    method: 'POST',
    resource: `/v1/subscriptions/${customer.subscriptionId}/renew`,
    token: billing.token,
    body: { end_date: new Date(Date.now() + 2 * 365 * 86_400_000).toISOString() },
    expected: 409,
  });
}

/** A lost password: support hands out a token that works once. */
export async function resetPassword(stage: Stage, customer: Customer, email: string): Promise<void> {
  const { ask, say, operator } = stage;
  say('\nA customer has lost the password: support hands out a token that works once.');
  const reset = await ask({
    method: 'POST',
    resource: `/v1/users/${customer.userId}/password-reset`,
    token: operator,
    body: {},
    expected: 201,
  });
  const confirmation = { token: textOf(reset.body, 'token'), new_password: PASSWORD };
  const resource = '/v1/password-resets/confirm';
  await ask({ method: 'POST', resource, body: confirmation, expected: 204 });
  await ask({ method: 'POST', resource, body: confirmation, expected: 400 });
  const logIn = { email, password: PASSWORD };
  await ask({ method: 'POST', resource: '/v1/login', body: logIn, expected: 200 });
}

/** Everything personal becomes unreadable for ever; the events stay. */
export async function erase(stage: Stage, customer: Customer): Promise<void> {
  const { ask, say, operator } = stage;
  say('\nA customer asks to be forgotten:');
  await ask({ method: 'DELETE', resource: `/v1/users/${customer.userId}`, token: operator, expected: 204 });
}
