import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Prices, pricesFile } from './stripe/prices.ts';

const text = z.string().min(1);

const settings = z.object({
  /** A restricted key: it reads customers, subscriptions, invoices, charges and disputes, and writes subscriptions. */
  STRIPE_API_KEY: text,
  STRIPE_WEBHOOK_SECRET: text.startsWith('whsec_'),
  STRIPE_API_URL: z.url().default('https://api.stripe.com'),
  LICENSE_URL: z.url(),
  LICENSE_CLIENT_ID: text,
  LICENSE_CLIENT_SECRET: text,
  /** What each price of Stripe's is here. */
  PRICES_FILE: text.default('prices.json'),
  /** What has still to be done, what is parked, and what this service has suspended. Keep it as you keep a database. */
  DATA_FILE: text.default('stripe.sqlite'),
  HOST: text.default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4242),
  /** How many customers are brought up to date at once. */
  WORKERS: z.coerce.number().int().min(1).max(32).default(4),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = z.output<typeof settings> & { readonly prices: Prices };

/** Reads the environment, and the file of prices. @throws Error that names what is wrong */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const read = settings.safeParse(environment);
  if (!read.success) throw new Error(z.prettifyError(read.error));
  const { PRICES_FILE: file } = read.data;
  const prices = pricesFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!prices.success) throw new Error(`${file}: ${z.prettifyError(prices.error)}`);
  return { ...read.data, prices: prices.data };
}
