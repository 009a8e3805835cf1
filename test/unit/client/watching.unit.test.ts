import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLicensing, type Licensing, memoryStore } from '../../../client/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { signer } from './seller.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let now: number;
let questions: number;
let key: Awaited<ReturnType<typeof signer>>;
let client: Licensing;
let plan: string;

/** The server in this process: timers that a test moves must move no connection. */
const server: typeof fetch = async (input) => {
  const url = new URL(String(input));
  if (url.pathname.endsWith('jwks.json')) return Response.json({ keys: [key.jwk] });
  if (url.pathname.startsWith('/v1/activations')) return Response.json({ activation_key: 'a.b.c' });
  questions += 1;
  const token = await key.token(url.searchParams.get('nonce'), { plan_type: plan });
  return new Response(token, { headers: { 'Content-Type': 'application/jwt' } });
};

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  now = Date.parse('2026-06-01T00:00:00Z');
  questions = 0;
  plan = 'pro';
  key = await signer('k1', () => now);
  client = createLicensing({
    url: 'https://licenses.example.com',
    product: 'app',
    clientId: 'c1',
    store: memoryStore(),
    clock: () => now,
    fetch: server,
  });
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
});

function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

it('who listens hears the first answer and each change, without asking', async () => {
  const heard: (string | null | undefined)[] = [];
  const stop = client.onChange(({ license }) => heard.push(license?.plan_type));
  await client.activate('key');
  await eventually('the first answer', () => heard.length > 0);
  // As often as memory ends, and armed again after each answer.
  for (const [index, next] of ['pro', 'basic', 'basic'].entries()) {
    plan = next;
    await eventually('it can ask', () => vi.getTimerCount() > 0);
    pass(4 * MINUTE);
    expect(questions).toBe(1 + index);
    pass(MINUTE);
    await eventually('it has asked', () => questions > 1 + index);
  }
  await eventually('the last answer', () => vi.getTimerCount() > 0);
  expect(heard).toEqual(['pro', 'basic']);
  stop();
  pass(HOUR);
  expect(questions).toBe(4);
});

it('where nobody listens or asks, the lease is renewed at half of its life, give or take a fifth', async () => {
  await client.activate('key');
  const started = now;
  while (questions === 1 && now < started + 72 * HOUR) {
    pass(MINUTE);
    await turn();
  }
  expect((now - started) / HOUR).toBeGreaterThan(0.4 * 72 - 1);
  expect((now - started) / HOUR).toBeLessThan(0.6 * 72 + 1);
});

it('a machine that slept does not wait for its timers: the clock is looked at each minute', async () => {
  client.onChange(() => undefined);
  await client.activate('key');
  now += 8 * HOUR;
  vi.advanceTimersByTime(MINUTE);
  await eventually('it asks', () => questions > 1);
});

it('once it is closed it asks for nothing more', async () => {
  client.onChange(() => undefined);
  await client.activate('key');
  client.close();
  expect(vi.getTimerCount()).toBe(0);
  pass(72 * HOUR);
  expect(questions).toBe(1);
});
