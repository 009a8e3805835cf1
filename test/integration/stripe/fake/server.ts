import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FakeStripe } from './stripe.ts';

export const API_KEY = 'rk_test_of_the_fake';

export interface StripeServer {
  readonly url: string;
  /** Called after an answer was made, before it is sent: what changes at Stripe meanwhile. */
  onAnswer: (path: string) => void;
  /** Whether a request fails with a 500 of Stripe's. */
  fails: () => boolean;
  /** The requests that it has answered. */
  requests: number;
  close(): Promise<void>;
}

interface Thing {
  readonly id: string;
}

const problem = (status: number, type: string, message: string) => ({
  status,
  body: { error: { type, message } },
});

/** A page, newest first, as Stripe pages: `starting_after` an id, `limit`. */
function page(items: readonly Thing[], query: URLSearchParams) {
  const after = query.get('starting_after');
  const newestFirst = items.toReversed();
  const from = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
  const limit = Number(query.get('limit') ?? 10);
  const data = newestFirst.slice(from, from + limit);
  return {
    status: 200,
    body: { object: 'list', url: '/', data, has_more: from + limit < newestFirst.length },
  };
}

const oneOf = (all: ReadonlyMap<string, Thing>, id: string) => {
  const body = all.get(id);
  return body ? { status: 200, body } : problem(404, 'invalid_request_error', `No such object: ${id}`);
};

const ofCustomer = <T extends { readonly customer: unknown }>(
  all: ReadonlyMap<string, T>,
  query: URLSearchParams,
) => [...all.values()].filter(({ customer }) => !query.has('customer') || customer === query.get('customer'));

function answer(fake: FakeStripe, method: string, { pathname, searchParams }: URL, form: URLSearchParams) {
  const [, , kind, id] = pathname.split('/');
  if (kind === 'customers' && id) return oneOf(fake.customers, id);
  if (kind === 'charges' && id) return oneOf(fake.charges, id);
  if (kind === 'charges') return page(ofCustomer(fake.charges, searchParams), searchParams);
  if (kind === 'invoices') {
    // As the API does: payments are there for who asks for them.
    const isExpanded = searchParams.get('expand[0]') === 'data.payments';
    const invoices = ofCustomer(fake.invoices, searchParams).filter(
      ({ status }) => status === searchParams.get('status'),
    );
    return page(isExpanded ? invoices : invoices.map(({ payments: _, ...invoice }) => invoice), searchParams);
  }
  if (kind === 'disputes')
    return page(
      [...fake.disputes.values()].filter(({ charge }) => charge === searchParams.get('charge')),
      searchParams,
    );
  if (kind === 'subscriptions' && id && method === 'POST')
    return { status: 200, body: fake.cancelAtPeriodEnd(id, form.get('cancel_at_period_end') === 'true') };
  if (kind === 'subscriptions' && searchParams.get('status') === 'all')
    return page(ofCustomer(fake.subscriptions, searchParams), searchParams);
  return problem(404, 'invalid_request_error', `the fake has no ${method} ${pathname}`);
}

/** Answers the part of Stripe's API that the example asks. */
export async function serveStripe(fake: FakeStripe): Promise<StripeServer> {
  const server = createServer(async (request, response) => {
    const url = new URL(String(request.url), 'http://stripe');
    const form = new URLSearchParams(await text(request));
    self.requests += 1;
    const isKnown = request.headers.authorization === `Bearer ${API_KEY}`;
    const { status, body } = !isKnown
      ? problem(401, 'invalid_request_error', 'Invalid API Key provided')
      : self.fails()
        ? problem(500, 'api_error', 'An unknown error occurred')
        : answer(fake, String(request.method), url, form);
    const sent = JSON.stringify(body);
    if (status === 200) self.onAnswer(url.pathname);
    response
      .writeHead(status, { 'Content-Type': 'application/json', 'Request-Id': `req_${self.requests}` })
      .end(sent);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: StripeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onAnswer: () => undefined,
    fails: () => false,
    requests: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
