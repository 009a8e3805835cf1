import { randomUUID } from 'node:crypto';
import type { LaunchedStack } from '../../support/stack.ts';
import { WITHOUT_LIMITS } from '../../support/without-limits.ts';
import { create } from '../load/http.ts';
import type { WrkRequest } from '../load/wrk.ts';
import { concurrently } from '../rounds.ts';

/** Settings under which neither a limit nor the log is what is measured. */
export const UNLIMITED = { ...WITHOUT_LIMITS, LOG_LEVEL: 'warn' };

const AT_ONCE = 32;

export interface BenchCustomer {
  readonly userId: string;
  readonly subscriptionId: string;
  /** Activates machines. */
  readonly licenseKey: string;
  readonly clients: readonly BenchClient[];
}

export interface BenchClient {
  readonly clientId: string;
  readonly activationKey: string;
}

export interface CustomersWanted {
  readonly customers: number;
  /** Active machines of each: up to 10, or up to 10,000 with the plan `enterprise`. */
  readonly clients: number;
  readonly plan?: 'pro' | 'enterprise';
}

/** A token for everything, good as long as any benchmark runs. */
export const operatorToken = (stack: LaunchedStack): Promise<string> =>
  stack.tool('token', '--role', 'operator', '--subject', 'bench', '--expires-in', '60');

/** Customers with a year of a plan, a license key and active machines, all of it through the API. */
export async function customers(
  stack: LaunchedStack,
  { customers: count, clients, plan = 'pro' }: CustomersWanted,
  say: (line: string) => void,
): Promise<BenchCustomer[]> {
  const operator = await operatorToken(stack);
  const from = performance.now();
  const make = <T>(path: string, token: string, body: unknown) =>
    create<T>(`${stack.url}${path}`, token, body);
  const made: BenchCustomer[] = [];
  await concurrently(Array.from({ length: count }), AT_ONCE, async () => {
    const { user_id } = await make<{ user_id: string }>('/v1/users', operator, { external_id: randomUUID() });
    const started = { user_id, plan, months: 12 };
    const { subscription_id } = await make<{ subscription_id: string }>(
      '/v1/subscriptions',
      operator,
      started,
    );
    const { license_key } = await make<{ license_key: string }>('/v1/license-keys', operator, { user_id });
    const activated: BenchClient[] = [];
    for (let i = 0; i < clients; i += 1) {
      const body = { client_id: randomUUID() };
      const { activation_key } = await make<{ activation_key: string }>('/v1/activations', license_key, body);
      activated.push({ clientId: body.client_id, activationKey: activation_key });
    }
    made.push({
      userId: user_id,
      subscriptionId: subscription_id,
      licenseKey: license_key,
      clients: activated,
    });
  });
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  say(
    `  (${(count * clients).toLocaleString('en')} licenses of ${count.toLocaleString('en')} customers activated in ${seconds} s)`,
  );
  return made;
}

/** What each of their programs asks. */
export const validations = (made: readonly BenchCustomer[]): WrkRequest[] =>
  made.flatMap(({ clients }) =>
    clients.map(({ clientId, activationKey }) => ({
      path: `/v1/licenses/validate?client_id=${clientId}`,
      token: activationKey,
    })),
  );
