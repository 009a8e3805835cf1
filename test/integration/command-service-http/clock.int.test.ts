import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, signUp } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

const DAY = 86_400_000;
let node: CommandNode;
/** Milliseconds that the node's clock is ahead of PostgreSQL's, which runs on this machine's. */
let ahead = 0;
beforeAll(async () => {
  node = await startCommandNode({ clock: () => Date.now() + ahead });
}, 60_000);
afterAll(() => node[Symbol.asyncDispose]());

const health = async () => (await ask(node.url, '/health/ready')).body;
const isReady = () => eventually('the node is ready', async () => (await health()).status === 'ready');
beforeEach(async () => {
  ahead = 0;
  await isReady();
});

async function eventsInTheLog(): Promise<number> {
  const log = connectEventLog({ connectionString: String(node.settings.EVENTSTORE_URL) });
  try {
    return (await Array.fromAsync(log.readAll({ direction: 'forwards' }))).length;
  } finally {
    await log.close();
  }
}

const difference = async () => {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return Number(/^clock_difference_seconds\{.*\} (\S+)$/m.exec(metrics)?.[1]);
};

describe.each([
  ['6 s behind', -6_000],
  ['40 days ahead', 40 * DAY],
])('a command node whose clock is %s', (_, by) => {
  it('is not ready, decides nothing and signs nothing, until the clock is right again', async () => {
    const { token, email, password } = await signUp(node.url);
    const before = await eventsInTheLog();
    ahead = by;
    const answers = await Promise.all([
      ask(node.url, '/v1/login', { body: { email, password } }),
      ask(node.url, '/v1/signup', { body: { email: `${randomUUID()}@example.com`, password } }),
      ask(node.url, '/v1/subscriptions', { token, body: { plan: 'free', months: 1 } }),
      ask(node.url, '/v1/activations', { token, body: { client_id: 'laptop' } }),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
      expect(answer.headers.get('Retry-After')).toBe('1');
    }
    expect(await eventsInTheLog()).toBe(before);
    await eventually('it is not ready', async () => (await ask(node.url, '/health')).status === 503);
    expect(await health()).toMatchObject({ status: 'not_ready', dependencies: { clock: 'down' } });
    expect(node.log.join('')).toMatch(by < 0 ? /6\.0 s behind PostgreSQL's/ : /s ahead of PostgreSQL's/);
    expect(await difference()).toBeCloseTo(by / 1_000, 0);

    ahead = 0;
    await isReady();
    const again = await ask(node.url, '/v1/login', { body: { email, password } });
    expect(again.status).toBe(200);
  });
});

it('a difference that is allowed changes nothing', async () => {
  ahead = -1_500;
  const { token } = await signUp(node.url);
  const subscribed = await ask(node.url, '/v1/subscriptions', { token, body: { plan: 'free', months: 1 } });
  expect(subscribed.status).toBe(201);
  expect((await health()).status).toBe('ready');
  expect(await difference()).toBeCloseTo(-1.5, 0);
});
