import { type Customer, check, forEach, type Stage, textOf } from './stage.ts';

export interface BillingAccount {
  readonly id: string;
  readonly keyId: string;
  readonly secret: string;
  /** An access token of the account. */
  readonly token: string;
}

const CUSTOMERS = 100;

/** An account of its own for the billing system, with the few rights that it needs. */
export async function openBillingAccount({ ask, say, operator, run }: Stage): Promise<BillingAccount> {
  say('\nThe billing system gets an account of its own, with the few rights that it needs:');
  const scopes = ['customers:read', 'customers:write', 'subscriptions:write', 'keys:write'];
  const account = await ask({
    method: 'POST',
    resource: '/v1/service-accounts',
    token: operator,
    body: { name: `billing ${run}`, scopes },
    expected: 201,
  });
  const id = textOf(account.body, 'service_account_id');
  say('\n… a secret, which is shown this once:');
  const { keyId, secret } = await issueSecret({ ask, operator }, id);
  say('\n… and exchanges it for an access token, as any OAuth 2.0 client does:');
  return { id, keyId, secret, token: await tokenFor({ ask }, id, secret) };
}

export async function issueSecret({ ask, operator }: Pick<Stage, 'ask' | 'operator'>, id: string) {
  const resource = `/v1/service-accounts/${id}/keys`;
  const { body } = await ask({ method: 'POST', resource, token: operator, body: {}, expected: 201 });
  return { keyId: textOf(body, 'key_id'), secret: textOf(body, 'secret') };
}

export async function tokenFor({ ask }: Pick<Stage, 'ask'>, id: string, secret: string): Promise<string> {
  const { body } = await ask({
    method: 'POST',
    resource: '/v1/token',
    basic: [id, secret],
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    expected: 200,
  });
  return textOf(body, 'access_token');
}

/** A hundred customers with a paid year, entered under the billing system's own ids. */
export async function enterCustomers(stage: Stage, billing: BillingAccount): Promise<readonly Customer[]> {
  const { ask, quietly, say, run } = stage;
  const enter = async (number: number, using: typeof ask): Promise<Customer> => {
    const externalId = `cus-${run}-${number}`;
    const user = await using({
      method: 'POST',
      resource: '/v1/users',
      token: billing.token,
      body: {
        email: `customer-${number}-${run}@example.com`,
        name: `Customer ${number}`,
        external_id: externalId,
      },
      expected: 201,
    });
    const userId = textOf(user.body, 'user_id');
    const subscription = await using({
      method: 'POST',
      resource: '/v1/subscriptions',
      token: billing.token,
      body: {
        user_id: userId,
        product: 'editor',
        plan: 'pro',
        months: 12,
        external_id: `sub-${run}-${number}`,
      },
      expected: 201,
    });
    return { userId, externalId, subscriptionId: textOf(subscription.body, 'subscription_id') };
  };
  say('\nBilling enters a customer who has paid for a year:');
  const first = await enter(1, ask);
  const others = new Map<number, Customer>();
  const numbers = Array.from({ length: CUSTOMERS - 1 }, (_, index) => index + 2);
  const begun = performance.now();
  await forEach(numbers, 8, async (number) => {
    others.set(number, await enter(number, quietly));
  });
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(`  … and ${others.size} more, in ${seconds} s.`);
  say('\nIts delivery comes a second time. Under the same external id nothing happens twice:');
  const again = await ask({
    method: 'POST',
    resource: '/v1/subscriptions',
    token: billing.token,
    body: { user_id: first.userId, product: 'editor', plan: 'pro', months: 12, external_id: `sub-${run}-1` },
    expected: 200,
  });
  check(again.body.subscription_id === first.subscriptionId, 'the same subscription is answered');
  return [first, ...numbers.map((number) => others.get(number) as Customer)];
}

/** The old secret goes on until the new one is in use; then it is revoked, and its tokens end. */
export async function rotateSecret(stage: Stage, billing: BillingAccount): Promise<void> {
  const { ask, say, operator } = stage;
  say('\nThe billing system gets a new secret; both are good until the old one is revoked:');
  const next = await issueSecret(stage, billing.id);
  const token = await tokenFor(stage, billing.id, next.secret);
  const resource = `/v1/service-accounts/${billing.id}/keys/${billing.keyId}/revoke`;
  await ask({ method: 'POST', resource, token: operator, body: {}, expected: 200 });
  say('\n… whoever still has the old one gets nowhere:');
  await ask({
    method: 'POST',
    resource: '/v1/token',
    basic: [billing.id, billing.secret],
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    expected: 401,
  });
  say('\n… and with the new one billing looks what it has to renew next:');
  const soon = new Date(Date.now() + 400 * 86_400_000).toISOString();
  const ending = `/v1/subscriptions?status=active&ends_before=${soon}&limit=1`;
  await ask({ method: 'GET', resource: ending, token, expected: 200 });
}
