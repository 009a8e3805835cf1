import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import Stripe from 'stripe';
import { customerOf } from './read.ts';

export interface WebhookOptions {
  readonly stripe: Stripe;
  readonly secret: string;
  /** The customer may have changed; it is kept when this returns. */
  readonly due: (customer: string) => void;
  readonly logger: Logger;
}

/** Stripe's deliveries have some 10 KB. */
const MAX_BODY = 1 << 20;

/**
 * Where Stripe delivers its events. A delivery is answered as soon as it is known whom it is about, and that is kept: 200.
 * Stripe sends what is answered otherwise again, for three days.
 */
export function createWebhook(options: WebhookOptions): Server {
  return createServer((request, response) => {
    handle(options, request)
      .catch((error: unknown) => {
        options.logger.error({ err: error }, 'delivery_failed');
        return 500;
      })
      .then((status) => answer(request, response, status));
  });
}

async function handle(options: WebhookOptions, request: IncomingMessage): Promise<number> {
  const { method, url } = request;
  if (method === 'GET' && url === '/health') return 200;
  if (url !== '/stripe/webhook') return 404;
  if (method !== 'POST') return 405;
  return take(options, request);
}

async function take(
  { stripe, secret, due, logger }: WebhookOptions,
  request: IncomingMessage,
): Promise<number> {
  const body = await bodyOf(request);
  if (!body) return 413;
  let event: Stripe.Event;
  try {
    event = stripe.webhooks.constructEvent(body, String(request.headers['stripe-signature']), secret);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
    // Its message alone: the error holds the body too, which anybody may have sent.
    logger.warn({ why: error.message.split('\n', 1)[0] }, 'delivery_without_good_signature');
    return 400;
  }
  const customer = await customerOf(stripe, event);
  if (customer !== undefined) due(customer);
  logger.debug({ type: event.type, event: event.id, customer }, 'delivered');
  return 200;
}

/** @returns undefined if it is larger than a delivery can be */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${status}\n`);
}
