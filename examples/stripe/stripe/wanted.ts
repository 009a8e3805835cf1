import type Stripe from 'stripe';
import type { Prices, Sold } from './prices.ts';
import type { Said } from './read.ts';

/** Why a subscription that is paid for may not be used all the same: `dispute dp_…`, `refund ch_…`. */
export type Cause = string;

/** What a subscription of Stripe's is to be here. Times are milliseconds since 1970. */
export type Wanted = { readonly id: string } & (
  | { readonly kind: 'over' }
  /** Nothing has been paid yet. */
  | { readonly kind: 'unpaid' }
  | { readonly kind: 'unclear'; readonly reason: string }
  | {
      readonly kind: 'runs';
      readonly sold: Sold;
      readonly quantity: number;
      readonly startDate: number;
      /** The latest period that is paid for. */
      readonly paid: Period;
      /** Whether it ends with what is paid for. */
      readonly cancelled: boolean;
      readonly causes: readonly Cause[];
    }
);

export interface Period {
  readonly from: number;
  /** The first instant that is not covered. */
  readonly until: number;
}

const SETTLED_FOR_THE_SELLER: readonly string[] = ['won', 'warning_closed', 'prevented'];

const idOf = (reference: string | { readonly id: string } | null | undefined): string | undefined =>
  typeof reference === 'string' ? reference : reference?.id;

const subscriptionOf = (invoice: Stripe.Invoice): string | undefined =>
  idOf(invoice.parent?.subscription_details?.subscription);

/** The one item that is licensed here, or why nobody can say which. */
function licensedItem({ items }: Stripe.Subscription, prices: Prices) {
  const unknown = items.data.find(({ price }) => !(price.id in prices));
  if (unknown) return { reason: `the file of prices does not have ${unknown.price.id}` };
  const licensed = items.data.flatMap((item) => {
    const sold = prices[item.price.id];
    return sold ? [{ item, sold }] : [];
  });
  const [only, ...others] = licensed;
  if (!only) return undefined;
  if (others.length > 0)
    return {
      reason: `${licensed.length} of its items are licensed here, and it can be one subscription only`,
    };
  const { quantity = 1 } = only.item;
  return quantity < 1 ? { reason: 'its quantity is 0' } : { ...only, quantity };
}

/** A period counts once its invoice is paid: the dates of the subscription itself move before that. */
function paidPeriods(invoices: readonly Stripe.Invoice[], item: string) {
  return invoices.flatMap((invoice) =>
    invoice.lines.data.flatMap(({ parent, period }) => {
      const details = parent?.subscription_item_details;
      return details?.subscription_item === item && !details.proration
        ? [{ invoice, from: period.start * 1_000, until: period.end * 1_000 }]
        : [];
    }),
  );
}

/** The charges that paid an invoice. */
function chargesFor(invoice: Stripe.Invoice, charges: readonly Stripe.Charge[]): readonly Stripe.Charge[] {
  const payments = (invoice.payments?.data ?? []).map(({ payment }) => payment);
  return charges.filter((charge) =>
    payments.some(
      (payment) =>
        idOf(payment.charge) === charge.id ||
        (charge.payment_intent !== null && idOf(payment.payment_intent) === idOf(charge.payment_intent)),
    ),
  );
}

/**
 * A dispute of any of its payments that is not settled for the seller, and a refund of all that was paid for the latest
 * period. A refund of a part is a matter between the seller and the customer.
 */
function causesAgainst(
  invoices: readonly Stripe.Invoice[],
  latest: Stripe.Invoice,
  said: Said,
): readonly Cause[] {
  const charges = new Set(
    invoices.flatMap((invoice) => chargesFor(invoice, said.charges)).map(({ id }) => id),
  );
  const disputes = said.disputes.filter(
    ({ charge, status }) => charges.has(String(idOf(charge))) && !SETTLED_FOR_THE_SELLER.includes(status),
  );
  const paidBy = chargesFor(latest, said.charges).filter(({ paid }) => paid);
  const refunds = paidBy.every(({ refunded }) => refunded) ? paidBy : [];
  return [...disputes.map(({ id }) => `dispute ${id}`), ...refunds.map(({ id }) => `refund ${id}`)];
}

/** What a subscription is to be here, from what Stripe says of its customer. */
export function wantedOf(subscription: Stripe.Subscription, said: Said, prices: Prices): Wanted {
  const { id, status, start_date: startDate, cancel_at: cancelAt } = subscription;
  if (status === 'canceled' || status === 'incomplete_expired') return { id, kind: 'over' };
  const licensed = licensedItem(subscription, prices);
  if (licensed === undefined) return { id, kind: 'unpaid' };
  if ('reason' in licensed) return { id, kind: 'unclear', reason: licensed.reason };
  const invoices = said.invoices.filter((invoice) => subscriptionOf(invoice) === id);
  const latest = paidPeriods(invoices, licensed.item.id).reduce<
    ReturnType<typeof paidPeriods>[number] | undefined
  >((best, period) => (best && best.until >= period.until ? best : period), undefined);
  if (!latest) return { id, kind: 'unpaid' };
  const { invoice, ...paid } = latest;
  return {
    id,
    kind: 'runs',
    sold: licensed.sold,
    quantity: licensed.quantity,
    startDate: startDate * 1_000,
    paid,
    cancelled: cancelAt !== null && cancelAt * 1_000 <= paid.until,
    causes: causesAgainst(invoices, invoice, said),
  };
}
