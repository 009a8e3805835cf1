import { ask, signUp, subscribe } from '../../support/api.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { figure } from '../report/row.ts';
import { concurrently } from '../rounds.ts';
import { percentile } from '../statistics.ts';
import { operatorToken, UNLIMITED } from '../system/customers.ts';

const CUSTOMERS = 100;
const CHANGES = 2_000;

/** From a command's answer to the first validation that shows its effect, for clients that ask again and again. */
export const lag: Benchmark = {
  name: 'lag',
  summary: `from a suspension's or reinstatement's answer to its effect in validation, ${CHANGES} changes, 8 at a time`,
  minutes: 6,
  async run({ report }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '2'], env: UNLIMITED });
    try {
      const { lags, seconds } = await (await changing(stack))(CHANGES);
      const at = `at ${(CHANGES / seconds).toFixed(0)} commands/s`;
      report({ what: `lag p50 ${at}`, figure: figure([percentile(lags, 0.5)], ' ms') });
      report({ what: `lag p99 ${at}`, figure: figure([percentile(lags, 0.99)], ' ms') });
    } finally {
      await dispose(stack);
    }
  },
};

/** Makes customers, and answers what measures the lag of so many changes, in milliseconds each. */
export async function changing(stack: LaunchedStack) {
  const operator = await operatorToken(stack);
  const customers = await prepared(stack);
  return async (changes: number) => {
    const lags: number[] = [];
    const from = performance.now();
    await concurrently(Array.from({ length: changes }), 8, async (_, i) => {
      const customer = customers[i % CUSTOMERS] as Subscribed;
      // One change of a customer at a time: each changes what the one before left.
      customer.queue = customer.queue.then(async () => lags.push(await oneChange(stack, operator, customer)));
      await customer.queue;
    });
    return { lags, seconds: (performance.now() - from) / 1000 };
  };
}

interface Subscribed {
  readonly subscriptionId: string;
  readonly key: string;
  suspended: boolean;
  queue: Promise<unknown>;
}

async function prepared(stack: LaunchedStack): Promise<Subscribed[]> {
  const customers: Subscribed[] = [];
  await concurrently(Array.from({ length: CUSTOMERS }), 8, async () => {
    const customer = await signUp(stack.url);
    const { token } = customer;
    const subscription = await subscribe(stack.url, customer);
    const activation = await ask(stack.url, '/v1/activations', { token, body: { client_id: 'bench' } });
    const key = String(activation.body.activation_key);
    const position = String(activation.headers.get('Event-Position'));
    await ask(stack.url, '/v1/licenses/validate', {
      token: key,
      headers: { 'Min-Event-Position': position },
    });
    customers.push({
      subscriptionId: String(subscription.body.subscription_id),
      key,
      suspended: false,
      queue: Promise.resolve(),
    });
  });
  return customers;
}

/** Suspends or reinstates, then asks until the validation says so. @returns milliseconds between the two answers */
async function oneChange(stack: LaunchedStack, operator: string, customer: Subscribed): Promise<number> {
  const call = customer.suspended ? 'reinstate' : 'suspend';
  const answer = await ask(stack.url, `/v1/subscriptions/${customer.subscriptionId}/${call}`, {
    token: operator,
    body: {},
  });
  if (answer.status !== 200) throw new Error(`${call}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const from = performance.now();
  customer.suspended = !customer.suspended;
  const expected = customer.suspended ? 'SUSPENDED' : 'VALID';
  for (;;) {
    const { body } = await ask(stack.url, '/v1/licenses/validate', { token: customer.key });
    if (body.code === expected) return performance.now() - from;
    if (performance.now() - from > 30_000) throw new Error(`${call}: still ${body.code} after 30 s`);
  }
}
