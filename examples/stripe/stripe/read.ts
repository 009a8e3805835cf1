import type Stripe from 'stripe';

/** Everything that Stripe says of a customer now, as far as it decides what they may use. */
export interface Said {
  readonly subscriptions: readonly Stripe.Subscription[];
  /** Those that are paid, newest first. */
  readonly invoices: readonly Stripe.Invoice[];
  readonly charges: readonly Stripe.Charge[];
  readonly disputes: readonly Stripe.Dispute[];
}

/** The newest of a customer's invoices and charges are enough: only the latest period decides. */
const NEWEST = 100;

/** A list has the first ten lines of an invoice. */
async function withAllLines(stripe: Stripe, invoice: Stripe.Invoice): Promise<Stripe.Invoice> {
  if (!invoice.lines.has_more) return invoice;
  const data = await stripe.invoices
    .listLineItems(invoice.id, { limit: 100 })
    .autoPagingToArray({ limit: 10_000 });
  return { ...invoice, lines: { ...invoice.lines, data, has_more: false } };
}

export async function readCustomer(stripe: Stripe, customer: string): Promise<Said> {
  const [subscriptions, invoices, charges] = await Promise.all([
    stripe.subscriptions.list({ customer, status: 'all', limit: 100 }).autoPagingToArray({ limit: 10_000 }),
    stripe.invoices.list({ customer, status: 'paid', limit: NEWEST, expand: ['data.payments'] }),
    stripe.charges.list({ customer, limit: NEWEST }),
  ]);
  const disputed = charges.data.filter((charge) => charge.disputed);
  const disputes = await Promise.all(
    disputed.map(({ id }) => stripe.disputes.list({ charge: id, limit: 100 })),
  );
  return {
    subscriptions,
    invoices: await Promise.all(invoices.data.map((invoice) => withAllLines(stripe, invoice))),
    charges: charges.data,
    disputes: disputes.flatMap(({ data }) => data),
  };
}

const idOf = (reference: string | { readonly id: string } | null | undefined): string | undefined =>
  typeof reference === 'string' ? reference : reference?.id;

/** The customer whom an event is about; undefined if it is about nobody, or about nothing that decides anything here. */
export async function customerOf(stripe: Stripe, event: Stripe.Event): Promise<string | undefined> {
  const { object } = event.data;
  switch (object.object) {
    case 'customer':
      return object.id;
    case 'subscription':
    case 'invoice':
    case 'charge':
      return idOf(object.customer);
    case 'dispute':
      // A dispute names its charge alone.
      return idOf((await stripe.charges.retrieve(String(idOf(object.charge)))).customer);
    default:
      return undefined;
  }
}
