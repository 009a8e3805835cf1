import { setTimeout as delay } from 'node:timers/promises';
import type { LaunchedStack } from '../../support/stack.ts';
import { withCpu } from '../system/cpu.ts';
import { type BenchCustomer, customers, operatorToken, validations } from '../system/customers.ts';
import { requestText } from './connection.ts';
import { Connections } from './connections.ts';
import { atRate } from './schedule.ts';
import type { WrkRequest } from './wrk.ts';

const CONNECTIONS = 128;
const GIVEN_UP_AFTER_MS = 30_000;

interface Changed {
  readonly suspend: string;
  readonly reinstate: string;
  readonly validate: string;
  suspended: boolean;
  queue: Promise<unknown>;
}

/** Makes customers who are suspended and reinstated in turn, while their program asks again and again. */
export async function changing(stack: LaunchedStack, count: number, say: (line: string) => void) {
  const made = await customers(stack, { customers: count, clients: 1 }, say);
  const operator = await operatorToken(stack);
  const changed = made.map((customer) => changedCustomer(customer, operator));
  const connections = await Connections.open(stack.url, CONNECTIONS);
  return {
    [Symbol.dispose]: () => connections[Symbol.dispose](),
    /** Makes changes at this rate, and answers how long after its answer each was seen, in milliseconds. */
    at: (rate: number, seconds: number) =>
      withCpu({ processes: stack.processes() }, async () => {
        const lags: number[] = [];
        let asked = 0;
        const kept = await atRate(rate, seconds, async (i) => {
          const customer = changed[i % changed.length] as Changed;
          // One change of a customer at a time: each changes what the one before left.
          const seen = customer.queue.then(() => oneChange(connections, customer));
          customer.queue = seen.catch(() => 'thrown where it is waited for');
          const { lagMs, questions } = await seen;
          lags.push(lagMs);
          asked += questions;
        });
        return { operations: lags.length, lags, asked: asked / lags.length, ...kept };
      }),
  };
}

function changedCustomer(customer: BenchCustomer, operator: string): Changed {
  const command = (call: string) =>
    requestText({
      path: `/v1/subscriptions/${customer.subscriptionId}/${call}`,
      token: operator,
      body: '{}',
    });
  return {
    suspend: command('suspend'),
    reinstate: command('reinstate'),
    validate: requestText(validations([customer])[0] as WrkRequest),
    suspended: false,
    queue: Promise.resolve(),
  };
}

/** Suspends or reinstates, then asks until the validation says so: a millisecond after each answer that does not. */
async function oneChange(connections: Connections, customer: Changed) {
  const call = customer.suspended ? 'reinstate' : 'suspend';
  const { status, body } = await connections.ask(customer[call]);
  const from = performance.now();
  if (status !== 200) throw new Error(`${call}: ${status} ${body}`);
  customer.suspended = !customer.suspended;
  const expected = customer.suspended ? '"SUSPENDED"' : '"VALID"';
  for (let questions = 1; ; questions += 1) {
    const answer = await connections.ask(customer.validate);
    const lagMs = performance.now() - from;
    if (answer.body.includes(expected)) return { lagMs, questions };
    if (lagMs > GIVEN_UP_AFTER_MS)
      throw new Error(`${call}: not seen after ${GIVEN_UP_AFTER_MS} ms: ${answer.body}`);
    await delay(1);
  }
}
