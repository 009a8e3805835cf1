import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { type Customer, signUp } from '../../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let customer: Customer;
beforeAll(async () => {
  node = await startCommandNode({
    settings: {
      TRUSTED_PROXIES: '127.0.0.1',
      PASSWORD_HASHES_AT_ONCE: '1',
      PASSWORD_HASHES_WAITING: '3',
    },
  });
  customer = await signUp(node.url);
}, 60_000);
afterAll(() => node[Symbol.asyncDispose]());

const logIn = (address: string, signal: AbortSignal | null = null) =>
  fetch(`${node.url}/v1/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': address },
    body: JSON.stringify({ email: customer.email, password: customer.password }),
    signal,
  });

const waiting = async () => {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return Number(/^password_hashes_waiting\{.*\} (\d+)$/m.exec(metrics)?.[1]);
};
const untilFull = () => eventually('the queue is full', async () => (await waiting()) === 3);

it('an address that floods the log-in keeps nobody else from it', async () => {
  let done = false;
  let answered = 0;
  const refused: number[] = [];
  const flood = async () => {
    while (!done) {
      const { status } = await logIn('203.0.113.5');
      if (status === 503) refused.push(status);
    }
  };
  const floods = Array.from({ length: 12 }, flood);
  for (let n = 0; n < 10; n += 1) {
    await untilFull();
    if ((await logIn('198.51.100.7')).status === 200) answered += 1;
  }
  done = true;
  await Promise.all(floods);
  expect(refused.length).toBeGreaterThan(0);
  // All, unless a hash takes a second: then some wait for too long. Without turns none is: the queue is full.
  expect(answered).toBeGreaterThanOrEqual(5);
});

it('nobody waits for those who have hung up', async () => {
  for (let n = 0; n < 5; n += 1) {
    const gone = new AbortController();
    const ask = async () => {
      while (!gone.signal.aborted) await logIn('203.0.113.5', gone.signal);
    };
    const left = Array.from({ length: 12 }, ask);
    await untilFull();
    gone.abort();
    await Promise.allSettled(left);
    // Of the address that has all the places: if they were still in it, this one would be refused.
    expect((await logIn('203.0.113.5')).status).toBe(200);
  }
});
