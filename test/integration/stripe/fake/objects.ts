import type Stripe from 'stripe';
// Made from what Stripe publishes as examples of its resources: github.com/stripe/openapi, openapi/fixtures3.json (MIT).
import published from './published.json' with { type: 'json' };

/** An object as Stripe publishes it, with some of its fields as a test needs them. */
const like = <T>(example: object, fields: Partial<T>): T => ({ ...structuredClone(example), ...fields }) as T;

const listOf = <T>(data: T[]): Stripe.ApiList<T> => ({ object: 'list', data, has_more: false, url: '/' });

export const newCustomer = (fields: Partial<Stripe.Customer>): Stripe.Customer =>
  like<Stripe.Customer>(published.customer, fields);

const exampleItem = published.subscription.items.data[0] as object;

export function newItem(
  id: string,
  price: string,
  quantity: number,
  period: Period,
): Stripe.SubscriptionItem {
  const item = like<Stripe.SubscriptionItem>(exampleItem, {
    id,
    quantity,
    current_period_start: period.start,
    current_period_end: period.end,
  });
  return { ...item, price: { ...item.price, id: price } };
}

export interface Period {
  readonly start: number;
  readonly end: number;
}

export const newSubscription = (
  fields: Partial<Omit<Stripe.Subscription, 'items'>>,
  item: Stripe.SubscriptionItem,
): Stripe.Subscription =>
  like<Stripe.Subscription>(published.subscription, {
    status: 'active',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    ended_at: null,
    trial_start: null,
    trial_end: null,
    ...fields,
    items: listOf([item]),
  });

interface Bill {
  readonly id: string;
  readonly created: number;
  readonly customer: string;
  readonly subscription: string;
  readonly item: Stripe.SubscriptionItem;
  readonly period: Period;
  readonly paymentIntent: string | undefined;
  readonly proration?: boolean;
}

export function newInvoice(bill: Bill): Stripe.Invoice {
  const { id, created, customer, subscription, item, period, paymentIntent, proration = false } = bill;
  const line = like<Stripe.InvoiceLineItem>(published.invoice.lines.data[0] as object, {
    id: `il_${id}`,
    invoice: id,
    period: { start: period.start, end: period.end },
    quantity: item.quantity ?? 1,
    parent: {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration,
        proration_details: null,
        subscription,
        subscription_item: item.id,
      },
    },
  });
  const payment = like<Stripe.InvoicePayment>(published.invoice_payment, {
    id: `inpay_${id}`,
    invoice: id,
    status: 'paid',
    payment: {
      type: 'payment_intent',
      ...(paymentIntent !== undefined && { payment_intent: paymentIntent }),
    },
  });
  return like<Stripe.Invoice>(published.invoice, {
    id,
    created,
    customer,
    status: 'paid',
    lines: listOf([line]),
    payments: listOf(paymentIntent === undefined ? [] : [payment]),
    parent: {
      type: 'subscription_details',
      quote_details: null,
      subscription_details: { metadata: null, subscription },
    },
  });
}

export const newCharge = (fields: Partial<Stripe.Charge>): Stripe.Charge =>
  like<Stripe.Charge>(published.charge, { paid: true, refunded: false, disputed: false, ...fields });

export const newDispute = (fields: Partial<Stripe.Dispute>): Stripe.Dispute =>
  like<Stripe.Dispute>(published.dispute, { status: 'needs_response', ...fields });

export const newEvent = (id: string, type: string, object: object): Stripe.Event =>
  ({
    ...structuredClone(published.event),
    id,
    type,
    data: { object: structuredClone(object) },
  }) as unknown as Stripe.Event;
