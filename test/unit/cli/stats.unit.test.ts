import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/command-line/command.ts';
import { barOf, columnsOf } from '../../../cli/output/chart.ts';
import { formatMoney } from '../../../cli/output/money.ts';
import { namesOf, ofProduct } from '../../../cli/stats/choose.ts';
import { NAMES, type Stats, TABLES } from '../../../cli/stats/tables.ts';

const running = { active: 2, grace: 1, cancelled: 0, paying: 3, trials: 0 };
const STATS: Stats = {
  active_subscriptions: [{ product: 'app', plan_type: 'pro', count: 3, ...running }],
  active_customers: [{ product: null, count: 1_234, paying: 3, trying: 0, free: 1_231 }],
  trials: [],
  mrr: [{ currency: 'EUR', product: 'app', plan_type: 'pro', subscriptions: 3, amount: 297_000 }],
  seats: [{ product: 'app', plan_type: 'pro', trial: false, bought: 30, used: 20 }],
  renewals_due: [],
  activations: [
    { day: '2026-06-10', count: 4 },
    { day: '2026-06-08', count: 2 },
    { day: '2025-12-31', count: 9 },
  ],
  machines: [{ day: '2026-06-10', product: 'pdf', count: 7 }],
  mrr_by_month: [
    { month: '2026-05', currency: 'EUR', mrr: 148_500, complete: true },
    { month: '2026-06', currency: 'EUR', mrr: 297_000, complete: false },
  ],
  as_of: '2026-06-10T12:00:00.000Z',
};

describe('charts', () => {
  it('draw values up to the largest', () => {
    expect(columnsOf([0, 1, 4, 7])).toBe('▁▂▅█');
    expect(columnsOf([0, 0])).toBe('▁▁');
    expect(barOf(24, 24)).toBe('█'.repeat(24));
    expect(barOf(12, 24)).toBe('█'.repeat(12));
    expect(barOf(1, 24_000)).toBe('█');
    expect(barOf(0, 24)).toBe('');
  });
});

describe('money', () => {
  it.each([
    [990, 'EUR', '€9.90'],
    [123_456, 'USD', '$1,234.56'],
    [1_200, 'JPY', '¥1,200'],
  ])('%i %s is %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });
});

describe('the figures that are asked for', () => {
  it('are all of them, or those that are named, however they are spelled', () => {
    expect(namesOf([], undefined)).toEqual(NAMES);
    expect(namesOf(['renewals-due', 'mrr'], undefined)).toEqual(['mrr', 'renewals_due']);
  });
  it('that don’t exist are refused with those that do', () => {
    expect(() => namesOf(['mmr'], undefined)).toThrow(/there is no figure mmr\. Did you mean "mrr"\?.*seats/);
  });
  it('of a product are those that are counted by product', () => {
    expect(namesOf([], 'app')).toEqual(NAMES.filter((name) => !/activations|month/.test(name)));
    expect(() => namesOf(['activations'], 'app')).toThrow(UsageError);
    expect(ofProduct(STATS, 'pdf', ['pdf'])).toMatchObject({
      active_subscriptions: [],
      active_customers: [],
      machines: STATS.machines,
    });
    // Nobody sells it any longer, and nothing of it runs; its machines are counted all the same.
    expect(ofProduct(STATS, 'pdf', ['app']).machines).toEqual(STATS.machines);
    expect(() => ofProduct(STATS, 'pfd', ['pdf'])).toThrow('Did you mean "pdf"? There are: app, pdf');
  });
});

describe('tables', () => {
  it('have amounts as people write them, and every day where they are piped', () => {
    expect(TABLES.mrr(STATS, false)?.rows).toEqual([['EUR', 'app', 'pro', '3', '€2,970.00']]);
    expect(TABLES.active_customers(STATS, false)?.rows).toEqual([['(all)', '1,234', '3', '0', '1,231']]);
    expect(TABLES.seats(STATS, false)?.rows[0]?.at(-1)).toBe('67 %');
    expect(TABLES.activations(STATS, false)).toMatchObject({ header: ['day', 'count'] });
    expect(TABLES.activations(STATS, false)?.rows).toHaveLength(3);
    expect(TABLES.machines(STATS, false)?.header).toEqual(['day', 'product', 'count']);
  });
  it('draw days and months on a terminal', () => {
    const { chart } = TABLES.activations(STATS, true) ?? {};
    // 60 days, up to today; what is older is not drawn.
    expect(chart).toMatch(/^▁{57}▅▁█ {2}the last 60 days, at most 4$/);
    expect(TABLES.mrr_by_month(STATS, true)?.rows).toEqual([
      ['2026-05', 'EUR', '€1,485.00', '█'.repeat(12)],
      ['2026-06 (so far)', 'EUR', '€2,970.00', '█'.repeat(24)],
    ]);
  });
});
