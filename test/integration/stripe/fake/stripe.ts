import type Stripe from 'stripe';
import {
  newCharge,
  newCustomer,
  newDispute,
  newEvent,
  newInvoice,
  newItem,
  newSubscription,
  type Period,
} from './objects.ts';

/** What a seller means by a subscription; kept apart from Stripe's objects, to judge by. Times are seconds, as Stripe's. */
export interface Truth {
  readonly customer: string;
  price: string;
  quantity: number;
  startDate: number;
  paidUntil: number;
  cancelled: boolean;
  over: boolean;
}

export const monthsAfter = (seconds: number, months: number): number => {
  const date = new Date(seconds * 1_000);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime() / 1_000;
};

export interface Sale {
  readonly customer: string;
  readonly price: string;
  readonly quantity?: number;
  /** Seconds; the first period is paid at once. */
  readonly start: number;
}

/**
 * A billing provider in the shape of Stripe's API: what it has, what changes it, and an event for each change. The ids
 * count up, so that a run can be repeated.
 */
export class FakeStripe {
  readonly customers = new Map<string, Stripe.Customer>();
  readonly subscriptions = new Map<string, Stripe.Subscription>();
  readonly invoices = new Map<string, Stripe.Invoice>();
  readonly charges = new Map<string, Stripe.Charge>();
  readonly disputes = new Map<string, Stripe.Dispute>();
  readonly truths = new Map<string, Truth>();
  payments = 0;
  /** Called for each event, in the order in which things happen. */
  onEvent: (event: Stripe.Event) => void = () => undefined;
  readonly #run: string;
  #last = 0;

  /** @param run names the objects of this one apart from those of others */
  constructor(run: string) {
    this.#run = run;
  }

  #id(kind: string): string {
    this.#last += 1;
    return `${kind}_${this.#run}${String(this.#last).padStart(6, '0')}`;
  }

  #emit(type: string, object: object): void {
    this.onEvent(newEvent(this.#id('evt'), type, object));
  }

  customer(fields: Partial<Stripe.Customer> = {}): string {
    const id = this.#id('cus');
    const customer = newCustomer({ id, created: this.#last, ...fields });
    this.customers.set(id, customer);
    this.#emit('customer.created', customer);
    return id;
  }

  /** What the seller's own shop writes to a customer, or a person at Stripe's dashboard. */
  updateCustomer(id: string, fields: Partial<Stripe.Customer>): void {
    const customer = { ...this.#get(this.customers, id), ...fields };
    this.customers.set(id, customer);
    this.#emit('customer.updated', customer);
  }

  sell({ customer, price, quantity = 1, start }: Sale): string {
    const id = this.#id('sub');
    const period = { start, end: monthsAfter(start, 1) };
    const item = newItem(this.#id('si'), price, quantity, period);
    const subscription = newSubscription({ id, customer, start_date: start, created: this.#last }, item);
    this.subscriptions.set(id, subscription);
    this.truths.set(id, {
      ...{ customer, price, quantity, startDate: start, paidUntil: 0, cancelled: false, over: false },
    });
    this.#emit('customer.subscription.created', subscription);
    this.#pay(id, period);
    return id;
  }

  /** The next period begins, and is paid for. */
  renew(id: string): void {
    this.#pay(id, this.beginPeriod(id));
  }

  /** The next period begins, and its invoice is open: the dates of the subscription have moved all the same. */
  beginPeriod(id: string): Period {
    const [item] = this.#get(this.subscriptions, id).items.data as [Stripe.SubscriptionItem];
    const period = { start: item.current_period_end, end: monthsAfter(item.current_period_end, 1) };
    this.#changeItem(id, { current_period_start: period.start, current_period_end: period.end });
    return period;
  }

  /** The invoice of a period that has begun is paid, however late. */
  pay(id: string, period: Period): void {
    this.#change(id, { status: 'active' });
    this.#pay(id, period);
  }

  failPayment(id: string): Period {
    const period = this.beginPeriod(id);
    this.#change(id, { status: 'past_due' });
    return period;
  }

  #pay(id: string, period: Period): void {
    const subscription = this.#get(this.subscriptions, id);
    const [item] = subscription.items.data as [Stripe.SubscriptionItem];
    const customer = String(subscription.customer);
    const [invoiceId, paymentIntent, chargeId] = [this.#id('in'), this.#id('pi'), this.#id('ch')];
    const created = this.#last;
    const bill = { id: invoiceId, created, customer, subscription: id, item, period, paymentIntent };
    const charge = newCharge({ id: chargeId, created, customer, payment_intent: paymentIntent });
    this.charges.set(chargeId, charge);
    this.invoices.set(invoiceId, newInvoice(bill));
    this.payments += 1;
    this.#truth(id).paidUntil = Math.max(this.#truth(id).paidUntil, period.end);
    this.#emit('charge.succeeded', charge);
    this.#emit('invoice.paid', this.#get(this.invoices, invoiceId));
  }

  change(id: string, { price, quantity }: { readonly price?: string; readonly quantity?: number }): void {
    const [item] = this.#get(this.subscriptions, id).items.data as [Stripe.SubscriptionItem];
    const truth = this.#truth(id);
    if (price !== undefined) truth.price = price;
    if (quantity !== undefined) truth.quantity = quantity;
    this.#changeItem(id, {
      ...(price !== undefined && { price: { ...item.price, id: price } }),
      ...(quantity !== undefined && { quantity }),
    });
  }

  cancelAtPeriodEnd(id: string, cancel: boolean): Stripe.Subscription {
    const [item] = this.#get(this.subscriptions, id).items.data as [Stripe.SubscriptionItem];
    this.#truth(id).cancelled = cancel;
    return this.#change(id, {
      cancel_at_period_end: cancel,
      cancel_at: cancel ? item.current_period_end : null,
    });
  }

  cancelNow(id: string): void {
    this.#truth(id).over = true;
    this.#change(id, { status: 'canceled', ended_at: Math.floor(Date.now() / 1_000) }, 'deleted');
  }

  /** The charge that paid for the latest period. */
  latestCharge(id: string): string {
    const invoices = [...this.invoices.values()].filter(
      ({ parent }) => parent?.subscription_details?.subscription === id,
    );
    const intent = invoices.at(-1)?.payments?.data[0]?.payment.payment_intent;
    const [found] = [...this.charges.values()].filter(({ payment_intent }) => payment_intent === intent);
    return String(found?.id);
  }

  refund(charge: string, isWhole = true): void {
    const before = this.#get(this.charges, charge);
    const refunded = { ...before, refunded: isWhole, amount_refunded: isWhole ? before.amount : 1 };
    this.charges.set(charge, refunded);
    this.#emit('charge.refunded', refunded);
  }

  dispute(charge: string): string {
    const id = this.#id('dp');
    this.charges.set(charge, { ...this.#get(this.charges, charge), disputed: true });
    this.disputes.set(id, newDispute({ id, charge }));
    this.#emit('charge.dispute.created', this.#get(this.disputes, id));
    return id;
  }

  closeDispute(id: string, status: 'won' | 'lost'): void {
    this.disputes.set(id, { ...this.#get(this.disputes, id), status });
    this.#emit('charge.dispute.closed', this.#get(this.disputes, id));
  }

  #get<T>(all: ReadonlyMap<string, T>, id: string): T {
    const found = all.get(id);
    if (!found) throw new Error(`Stripe has no ${id}`);
    return found;
  }

  #truth(id: string): Truth {
    return this.#get(this.truths, id);
  }

  #changeItem(id: string, fields: Partial<Stripe.SubscriptionItem>): void {
    const { items } = this.#get(this.subscriptions, id);
    this.#change(id, { items: { ...items, data: items.data.map((item) => ({ ...item, ...fields })) } });
  }

  #change(id: string, fields: Partial<Stripe.Subscription>, verb = 'updated'): Stripe.Subscription {
    const subscription = { ...this.#get(this.subscriptions, id), ...fields };
    this.subscriptions.set(id, subscription);
    this.#emit(`customer.subscription.${verb}`, subscription);
    return subscription;
  }
}
