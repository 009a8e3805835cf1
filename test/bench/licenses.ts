import { ask, signUp } from '../support/api.ts';
import type { LaunchedStack } from '../support/stack.ts';
import { concurrently } from './benchmark.ts';

/** Settings under which no rate limit is what is measured. */
export const UNLIMITED = {
  SIGNUPS_PER_MINUTE: '100000',
  WRONG_GUESSES_PER_ADDRESS: '100000',
  COMMANDS_PER_MINUTE: '1000000',
  OPERATOR_COMMANDS_PER_MINUTE: '1000000',
  LOG_LEVEL: 'warn',
};

export interface BenchLicense {
  readonly licenseId: string;
  readonly clientId: string;
  readonly activationKey: string;
}

/** A customer with the largest plan, which an operator starts. */
export async function enterpriseCustomer(
  stack: LaunchedStack,
): Promise<{ readonly userId: string; readonly token: string }> {
  const customer = await signUp(stack.url);
  const operator = await stack.tool('token', '--role', 'operator', '--subject', 'bench');
  const started = await ask(stack.url, '/v1/subscriptions', {
    token: operator,
    body: { user_id: customer.userId, plan: 'enterprise', months: 12 },
  });
  if (started.status !== 201)
    throw new Error(`subscription: ${started.status} ${JSON.stringify(started.body)}`);
  return customer;
}

/** That many active licenses of one customer, activated through the API. */
export async function licenses(
  stack: LaunchedStack,
  count: number,
  say: (line: string) => void,
): Promise<BenchLicense[]> {
  const { token } = await enterpriseCustomer(stack);
  const made: BenchLicense[] = [];
  const from = performance.now();
  await concurrently(Array.from({ length: count }), 32, async (_, i) => {
    const clientId = `bench-${i}`;
    const { status, body } = await ask(stack.url, '/v1/activations', {
      token,
      body: { client_id: clientId },
    });
    if (status !== 201) throw new Error(`activation: ${status} ${JSON.stringify(body)}`);
    made.push({ licenseId: String(body.license_id), clientId, activationKey: String(body.activation_key) });
  });
  say(`  (${count} licenses activated in ${((performance.now() - from) / 1000).toFixed(1)} s)`);
  return made;
}
