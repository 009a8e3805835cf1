import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWebhook } from '../../../examples/stripe/stripe/webhook.ts';

const secret = 'whsec_test';
const stripe = new Stripe('sk_test_1');
const due: string[] = [];
const logged: string[] = [];
const server = createWebhook({
  ...{ stripe, secret, due: (customer) => void due.push(customer) },
  logger: pino({}, { write: (line: string) => void logged.push(line) }),
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stripe/webhook`;
});
afterAll(() => server.close());

const body = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  type: 'customer.subscription.updated',
  data: { object: { id: 'sub_1', object: 'subscription', customer: 'cus_1' } },
});
const hour = Math.floor(Date.now() / 1_000) - 3_600;
const headerOf = (payload: string, options: { secret?: string; timestamp?: number } = {}) =>
  stripe.webhooks.generateTestHeaderString({ payload, secret, ...options });

it.each([
  ['no signature', undefined],
  ['a signature by another secret', headerOf(body, { secret: 'whsec_other' })],
  ['the signature of another body', headerOf(`${body} `)],
  ['an old signature', headerOf(body, { timestamp: hour })],
])('a delivery with %s is refused, and what it says is not logged', async (_, signature) => {
  logged.length = 0;
  const headers: HeadersInit = signature === undefined ? {} : { 'stripe-signature': signature };
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(400);
  expect(due).toEqual([]);
  expect(logged.join('')).toContain('delivery_without_good_signature');
  expect(logged.join('')).not.toContain('cus_1');
});

it('a delivery that Stripe has signed makes its customer due', async () => {
  const headers = { 'stripe-signature': headerOf(body) };
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
  expect(due).toEqual(['cus_1']);
});
