import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import Stripe from 'stripe';
import type { Config } from './config.ts';
import { LicenseSystem } from './license-system/api.ts';
import { createWebhook } from './stripe/webhook.ts';
import type { Context } from './sync/bring-up.ts';
import { Store } from './sync/store.ts';
import { Workers } from './sync/worker.ts';

/** What both the service and a reconciliation work with. */
export function createContext(config: Config): Context {
  const { protocol, hostname: host, port } = new URL(config.STRIPE_API_URL);
  return {
    stripe: new Stripe(config.STRIPE_API_KEY, {
      protocol: protocol === 'http:' ? 'http' : 'https',
      host,
      ...(port !== '' && { port }),
      timeout: 20_000,
      maxNetworkRetries: 2,
      telemetry: false,
    }),
    api: new LicenseSystem({
      url: config.LICENSE_URL,
      clientId: config.LICENSE_CLIENT_ID,
      clientSecret: config.LICENSE_CLIENT_SECRET,
    }),
    store: new Store(config.DATA_FILE),
    prices: config.prices,
  };
}

export interface Service {
  readonly url: string;
  /** Takes no more deliveries, and finishes what has begun. */
  stop(): Promise<void>;
}

export async function startService(config: Config, logger: Logger): Promise<Service> {
  const context = createContext(config);
  const { store, stripe } = context;
  // They are looked at again: what was wrong may be the file of prices, which is read at the start.
  for (const { customer } of store.parked()) store.due(customer);
  const workers = new Workers(context, config.WORKERS, logger);
  const due = (customer: string) => {
    store.due(customer);
    workers.wake();
  };
  const server = createWebhook({ stripe, secret: config.STRIPE_WEBHOOK_SECRET, due, logger });
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  const url = `http://${config.HOST}:${(server.address() as AddressInfo).port}`;
  logger.info({ url }, 'started');
  return {
    url,
    async stop() {
      server.close();
      server.closeIdleConnections();
      await workers.stop();
      server.closeAllConnections();
      store.close();
    },
  };
}
