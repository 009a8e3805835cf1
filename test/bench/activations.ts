import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';
import { type Benchmark, concurrently, inPairs, perSecond } from './benchmark.ts';
import { post } from './http.ts';
import { enterpriseCustomer, UNLIMITED } from './licenses.ts';

const COUNT = 3_000;
const CONCURRENCY = 64;

/** Durable activations through HTTP and Nginx, beside the appends they come down to, by the same client. */
export const activations: Benchmark = {
  name: 'activations',
  summary: `activations through HTTP, ${CONCURRENCY} at a time, beside raw appends by the same client`,
  async run({ rounds, say }) {
    const stack = await launch({ args: ['--no-tour'], env: UNLIMITED });
    const log = connectEventLog({ connectionString: eventStoreUrl(stack) });
    try {
      const activationRate = await activating(stack);
      const result = await inPairs(rounds, activationRate, () =>
        rateOf(
          async () =>
            void (await log.append(`bench-${randomUUID()}`, 'no_stream', [event()], {
              deadlineMs: 10_000,
            })),
        ),
      );
      say(
        `  activations ${perSecond(result.ours)}, raw appends ${perSecond(result.limit)}, ratio ${result.ratio.toFixed(2)}`,
      );
    } finally {
      await log.close();
      await dispose(stack);
    }
  },
};

/** Makes customers, and answers what measures the rate of their activations. */
export async function activating(stack: LaunchedStack): Promise<() => Promise<number>> {
  const customers: Awaited<ReturnType<typeof enterpriseCustomer>>[] = [];
  // A few at a time: passwords of one address wait for each other, and for 2 s at most.
  await concurrently(Array.from({ length: CONCURRENCY }), 4, async () => {
    customers.push(await enterpriseCustomer(stack));
  });
  return () =>
    rateOf(async (i) => {
      const token = customers[i % CONCURRENCY]?.token;
      const { status, text } = await post(`${stack.url}/v1/activations`, token, { client_id: randomUUID() });
      if (status !== 201) throw new Error(`activation: ${status} ${text}`);
    });
}

async function rateOf(work: (i: number) => Promise<void>): Promise<number> {
  const from = performance.now();
  await concurrently(Array.from({ length: COUNT }), CONCURRENCY, (_, i) => work(i));
  return (COUNT / (performance.now() - from)) * 1000;
}

/** As large as an activation's event. */
const event = () => ({
  id: randomUUID(),
  type: 'LicenseActivated',
  data: {
    userId: randomUUID(),
    licenseId: randomUUID(),
    subscriptionId: randomUUID(),
    clientId: randomUUID(),
    personal: randomBytes(80).toString('base64url'),
  },
  metadata: {
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    commandId: randomUUID(),
    actor: { role: 'user', id: randomUUID() },
    schemaVersion: 1,
  },
});

/** The store that the stack's services use. */
export function eventStoreUrl(stack: LaunchedStack): string {
  return setting(stack, 'EVENTSTORE_URL');
}

export function setting(stack: LaunchedStack, name: string): string {
  const match = new RegExp(`^${name}="(.*)"$`, 'm').exec(readFileSync(path.join(stack.data, 'env'), 'utf8'));
  if (!match) throw new Error(`the stack's env file has no ${name}`);
  return match[1] as string;
}
