import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Catalogue,
  findPlan,
  resolvePlan,
  resolveProduct,
} from '../../../shared/catalogue/catalogue.ts';
import { type CatalogueFile, parseCatalogue } from '../../../shared/catalogue/file.ts';

const TERMS = {
  maxClients: 1,
  entitlements: ['core'],
  graceDays: 0,
  onExpiry: 'downgrade',
  leaseHours: 24,
  validationsPerMinute: 600,
  replacementsPerMonth: 5,
} as const;

const parsed = (products: object): Catalogue => {
  const { catalogue, mistakes } = parseCatalogue({ products });
  if (!catalogue) throw new Error(mistakes.join('\n'));
  return catalogue;
};

const FREE = { ...TERMS, startedBy: 'customer' };
const PRO = { ...TERMS, maxClients: 10, trialDays: 14, startedBy: 'staff' };
const ONE = parsed({ app: { plans: { free: FREE, pro: PRO } } });
const TWO = parsed({ app: { plans: { free: FREE, pro: PRO } }, studio: { plans: { pro: PRO } } });

describe('a product and a plan', () => {
  it('need no product named while there is one', () => {
    expect(resolveProduct(ONE, undefined).found?.product).toBe('app');
    expect(resolveProduct(TWO, 'studio').found?.product).toBe('studio');
  });

  it('that do not exist are answered with those that do', () => {
    expect(resolveProduct(TWO, undefined).detail).toBe('required; there are: app, studio');
    expect(resolveProduct(ONE, 'game').detail).toBe('no such product; there are: app');
    expect(resolveProduct(ONE, 'constructor').detail).toBe('no such product; there are: app');
    const { found: studio } = resolveProduct(TWO, 'studio');
    expect(studio && resolvePlan(studio, 'free').detail).toBe('no such plan of "studio"; there are: pro');
  });

  it('know their terms, their trial, who starts them, and what one falls back to', () => {
    expect(findPlan(ONE, 'app', 'pro')).toEqual({
      plan: 'pro',
      terms: { ...TERMS, maxClients: 10, price: null },
      trialDays: 14,
      startedBy: 'staff',
    });
    expect(findPlan(ONE, 'app', 'gold')).toBeUndefined();
    expect(findPlan(ONE, 'studio', 'pro')).toBeUndefined();
    expect(TWO.products.get('app')?.free?.plan).toBe('free');
    expect(TWO.products.get('studio')?.free).toBeUndefined();
  });
});

describe("a catalogue's file", () => {
  const mistakes = (pro: object): readonly string[] | undefined =>
    parseCatalogue({ products: { app: { plans: { pro: { ...PRO, ...pro } } } } }).mistakes;

  it.each<[string, object, string]>([
    ['a number out of bounds', { maxClients: 0 }, 'products.app.plans.pro.maxClients: expected at least 1'],
    ['what is missing', { startedBy: undefined }, 'products.app.plans.pro.startedBy: required'],
    ['an unknown member', { seats: 5 }, 'products.app.plans.pro.seats: unknown field'],
    [
      'a price',
      { price: { amount: 9.9, currency: 'EUR', months: 1 } },
      'products.app.plans.pro.price.amount: expected a whole number',
    ],
  ])('names the place of %s', (_, pro, mistake) => {
    expect(mistakes(pro)).toEqual([mistake]);
  });

  it('names every mistake at once', () => {
    expect(mistakes({ maxClients: 0, leaseHours: 0 })).toHaveLength(2);
    const app = { plans: { Pro: { ...PRO, leaseHours: 0.5, entitlements: ['Core'] } } };
    const { mistakes: all } = parseCatalogue({ products: { App: app, studio: { plans: {} }, x: 1 } });
    expect(all?.map((mistake) => mistake.split(':')[0]).sort()).toEqual([
      'products.App',
      'products.App.plans.Pro',
      'products.App.plans.Pro.entitlements.0',
      'products.App.plans.Pro.leaseHours',
      'products.studio.plans',
      'products.x',
    ]);
  });

  it.each<[unknown, string]>([
    [[], 'catalogue: expected an object'],
    [{}, 'products: required'],
    [{ products: {} }, 'products: there must be at least one product'],
    [{ products: { app: { plans: {} } } }, 'products.app.plans: there must be at least one plan'],
    [
      { products: { App: { plans: { pro: PRO } } } },
      'products.App: a name begins with a letter (a-z), and has at most 32 of a-z, 0-9, - and _',
    ],
  ])('of %j is refused', (file, mistake) => {
    expect(parseCatalogue(file).mistakes).toEqual([mistake]);
  });

  it('from before there were products is read as that of the product "app", and shown in its new form', () => {
    const { replacementsPerMonth: _, ...terms } = TERMS;
    const { catalogue, newForm } = parseCatalogue({
      free: { ...terms, startedBy: 'customer' },
      pro: { ...terms, maxClients: 10, startedBy: 'operator' },
    });
    expect([...(catalogue?.products.keys() ?? [])]).toEqual(['app']);
    expect(catalogue && findPlan(catalogue, 'app', 'pro')).toMatchObject({
      terms: { maxClients: 10, replacementsPerMonth: null, price: null },
      trialDays: null,
      startedBy: 'staff',
    });
    expect(parseCatalogue(newForm satisfies CatalogueFile | undefined)).toEqual({ catalogue });
  });
});

it('of the documentation is one', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/plans.md'), 'utf8');
  const [, json = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
  expect(parseCatalogue(JSON.parse(json)).mistakes).toBeUndefined();
});
