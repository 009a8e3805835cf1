import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import type { Said } from '../../../examples/stripe/stripe/read.ts';
import { wantedOf } from '../../../examples/stripe/stripe/wanted.ts';
import { newInvoice, newItem, newSubscription } from '../../integration/stripe/fake/objects.ts';

const PRICES = { price_pro: { plan: 'pro' }, price_basic: { plan: 'basic' }, price_telephone: null };
const [START, MONTH] = [1_790_000_000, 30 * 86_400];
const period = { start: START, end: START + MONTH };

const item = (price = 'price_pro', quantity = 1) => newItem(`si_${price}`, price, quantity, period);
const subscription = (items: Stripe.SubscriptionItem[], fields: Partial<Stripe.Subscription> = {}) => {
  const made = newSubscription(
    { id: 'sub_1', customer: 'cus_1', start_date: START },
    items[0] as Stripe.SubscriptionItem,
  );
  return { ...made, items: { ...made.items, data: items }, ...fields };
};
const paid = (of = item(), more: { period?: typeof period; proration?: boolean } = {}) =>
  newInvoice({
    id: 'in_1',
    created: 1,
    customer: 'cus_1',
    subscription: 'sub_1',
    item: of,
    period,
    paymentIntent: 'pi_1',
    ...more,
  });
const said = (invoices: readonly Stripe.Invoice[]): Said => ({
  subscriptions: [],
  invoices,
  charges: [],
  disputes: [],
});

const wanted = (of: Stripe.Subscription, invoices = [paid(of.items.data[0])]) =>
  wantedOf(of, said(invoices), PRICES);

describe('what a subscription of Stripe’s is to be here', () => {
  it('is its plan, for the latest period whose invoice is paid', () => {
    const later = { start: period.end, end: period.end + MONTH };
    expect(
      wanted(subscription([item('price_pro', 3)]), [paid(), paid(item(), { period: later })]),
    ).toMatchObject({
      kind: 'runs',
      sold: { plan: 'pro' },
      quantity: 3,
      startDate: START * 1_000,
      paid: { from: later.start * 1_000, until: later.end * 1_000 },
      cancelled: false,
      causes: [],
    });
  });

  it('is not prolonged by a proration, nor by the invoice of another one', () => {
    const far = { start: START, end: START + 12 * MONTH };
    const others = { ...paid(item(), { period: far }), parent: null };
    expect(
      wanted(subscription([item()]), [paid(), paid(item(), { period: far, proration: true }), others]),
    ).toMatchObject({
      paid: { until: period.end * 1_000 },
    });
  });

  it('is nothing until something is paid, or where nothing of it is licensed', () => {
    expect(wanted(subscription([item()]), [])).toEqual({ id: 'sub_1', kind: 'unpaid' });
    expect(wanted(subscription([item('price_telephone')]))).toEqual({ id: 'sub_1', kind: 'unpaid' });
  });

  it('is unclear for an unknown price, two licensed items, and none of it', () => {
    const reason = (...items: Stripe.SubscriptionItem[]) => wanted(subscription(items));
    expect(reason(item('price_new'))).toMatchObject({
      kind: 'unclear',
      reason: expect.stringContaining('price_new'),
    });
    expect(reason(item(), item('price_basic'))).toMatchObject({ kind: 'unclear' });
    expect(reason(item('price_pro', 0))).toMatchObject({ kind: 'unclear' });
    expect(reason(item(), item('price_telephone', 0))).toMatchObject({ kind: 'runs', sold: { plan: 'pro' } });
  });

  it('is over, whatever its price, once Stripe has ended it, or the first payment never came', () => {
    for (const status of ['canceled', 'incomplete_expired'] as const)
      expect(wanted(subscription([item('price_new')], { status }))).toEqual({ id: 'sub_1', kind: 'over' });
  });

  it('ends with what is paid for if it is to be cancelled by then, and not if that is later', () => {
    for (const [cancelAt, cancelled] of [
      [period.end, true],
      [period.end + 1, false],
    ] as const)
      expect(wanted(subscription([item()], { cancel_at: cancelAt }))).toMatchObject({ cancelled });
  });
});
