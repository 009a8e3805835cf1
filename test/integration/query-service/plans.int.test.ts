import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import { ask } from '../../support/requests/api.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const folder = mkdtempSync(path.join(tmpdir(), 'license-test-plans-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TERMS = {
  maxClients: 2,
  entitlements: ['core'],
  graceDays: 5,
  onExpiry: 'downgrade',
  leaseHours: 48,
  validationsPerMinute: 600,
  replacementsPerMonth: null,
};
const price = { amount: 2_900, currency: 'EUR', months: 1 };
const TWO = {
  products: {
    app: { plans: { free: { ...TERMS, startedBy: 'customer' } } },
    studio: { plans: { pro: { ...TERMS, price, trialDays: 14, startedBy: 'staff' } } },
  },
};

describe('GET /v1/plans', () => {
  let url: string;
  beforeAll(async () => {
    const file = path.join(folder, 'catalogue.json');
    writeFileSync(file, JSON.stringify(TWO));
    ({ url } = await system.it.startNode({}, { PLAN_CATALOGUE_FILE: file }));
  });

  it('shows the catalogue to everybody, in its order, and may be kept for a minute', async () => {
    const { status, headers, body } = await ask(url, '/v1/plans');
    expect(status).toBe(200);
    expect(headers.get('Cache-Control')).toBe('public, max-age=60');
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
    const shown = {
      max_clients: 2,
      entitlements: ['core'],
      grace_days: 5,
      lease_hours: 48,
      replacements_per_month: null,
    };
    const free = { plan: 'free', price: null, trial_days: null, started_by: 'customer' };
    const pro = { plan: 'pro', price, trial_days: 14, started_by: 'staff' };
    expect(body.products).toEqual([
      { product: 'app', plans: [{ ...shown, ...free, on_expiry: 'downgrade' }] },
      // There is no plan of this product to fall back to.
      { product: 'studio', plans: [{ ...shown, ...pro, on_expiry: 'restrict' }] },
    ]);
  });

  it('shows one product alone, and names those that exist to who asks for another', async () => {
    const { body } = await ask(url, '/v1/plans?product=studio');
    expect(body.products).toMatchObject([{ product: 'studio' }]);
    expect(await ask(url, '/v1/plans?product=game')).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        errors: [{ pointer: '?product', detail: 'no such product; there are: app, studio' }],
      },
    });
  });
});

it('has the default catalogue where no file is named', async () => {
  const { url } = await system.it.startNode();
  const { body } = await ask(url, '/v1/plans');
  const [app] = body.products as { product: string; plans: { plan: string }[] }[];
  expect(app?.plans.map(({ plan }) => plan)).toEqual([
    ...(readCatalogue().products.get('app')?.plans.keys() ?? []),
  ]);
});
