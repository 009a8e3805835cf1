import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import Stripe from 'stripe';
import { expect } from 'vitest';
import { type Service, startService } from '../../../examples/stripe/app.ts';
import { readConfig } from '../../../examples/stripe/config.ts';
import { startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { startQueryService } from '../../../query-service/app.ts';
import { readQueryConfig } from '../../../query-service/config.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { type ApiAnswer, ask } from '../../support/requests/api.ts';
import { startRedis } from '../../support/servers/servers.ts';
import { startCommandNode } from '../command-service-http/command-node.ts';
import { API_KEY, serveStripe } from './fake/server.ts';
import { FakeStripe } from './fake/stripe.ts';

const SECRET = 'whsec_of_the_fake';
export const PRICES = {
  price_basic: { plan: 'basic' },
  price_pro: { product: 'app', plan: 'pro' },
  price_enterprise: { plan: 'enterprise' },
  price_telephone: null,
};
const SCOPES = ['customers:read', 'customers:write', 'subscriptions:write'];
const silent = createLogger({ service: 'test', level: 'silent' });

/** One address for both services, as Nginx gives it: commands are POSTs, and go to the nodes in turn. */
async function serveBoth(commands: () => readonly string[], queries: string) {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    turn += 1;
    const node = incoming.method === 'GET' ? queries : commands()[turn % commands().length];
    const target = new URL(String(incoming.url), node);
    const forwarded = send(
      target,
      {
        method: incoming.method ?? 'GET',
        // A kept connection may be closed by the node just when it is used; Nginx would send the request again.
        agent: false,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

interface Asked {
  readonly body?: unknown;
  readonly by?: string;
  readonly minPosition?: string | undefined;
}

/** The License System, a Stripe, and the example between them. */
export async function startBilling() {
  const redis = await startRedis();
  const node = await startCommandNode({ settings: { REDIS_URL: redis.url, QUERIES_PER_MINUTE: '1000000' } });
  const projector = await startProjector({ config: readProjectorConfig(node.settings), logger: silent });
  const queries = await startQueryService({ config: readQueryConfig(node.settings), logger: silent });
  let second = await node.another();
  const both = await serveBoth(() => [node.url, second.url], queries.url);
  const fake = new FakeStripe('');
  const stripe = await serveStripe(fake);
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-stripe-'));
  const pricesFile = path.join(folder, 'prices.json');
  const sellBy = (prices: object) => writeFileSync(pricesFile, JSON.stringify(prices));
  sellBy(PRICES);
  const environment = {
    STRIPE_API_KEY: API_KEY,
    STRIPE_WEBHOOK_SECRET: SECRET,
    STRIPE_API_URL: stripe.url,
    LICENSE_URL: both.url,
    ...(await serviceAccount(node.url, await node.operatorToken())),
    PRICES_FILE: pricesFile,
    DATA_FILE: path.join(folder, 'stripe.sqlite'),
    PORT: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  };
  const config = readConfig(environment);
  const logger = pino({ level: config.LOG_LEVEL });
  let service: Service = await startService(config, logger);
  return {
    fake,
    stripe,
    environment,
    sellBy,
    get service() {
      return service;
    },
    /** The example, and one of the two command nodes. */
    async restart() {
      await Promise.all([service.stop(), second.stop()]);
      second = await node.another();
      service = await startService(readConfig(environment), logger);
    },
    /** As staff, or as the customer whose token is given. A long run outlives a token. */
    async ask(resource: string, { body, by, minPosition }: Asked = {}): Promise<ApiAnswer> {
      const token = by ?? (await node.operatorToken());
      const headers: Record<string, string> =
        minPosition === undefined ? {} : { 'Min-Event-Position': minPosition };
      return ask(both.url, resource, { token, body, headers });
    },
    deliver: (event: Stripe.Event, secret?: string) => deliver(service.url, event, secret),
    async [Symbol.asyncDispose]() {
      await service.stop();
      await stripe.close();
      both.server.closeAllConnections();
      both.server.close();
      await queries.stop();
      await projector.stop();
      await node[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Billing = Awaited<ReturnType<typeof startBilling>>;

async function serviceAccount(url: string, token: string) {
  const account = await ask(url, '/v1/service-accounts', { token, body: { name: 'stripe', scopes: SCOPES } });
  const id = String(account.body.service_account_id);
  const key = await ask(url, `/v1/service-accounts/${id}/keys`, { token, body: {} });
  expect(key.status).toBe(201);
  return { LICENSE_CLIENT_ID: id, LICENSE_CLIENT_SECRET: String(key.body.secret) };
}

export const MAIN = path.resolve(import.meta.dirname, '../../../examples/stripe/main.ts');

/** Runs the example's program as a user does, and answers what it prints. @throws Error it exited with another code than 0 */
export const run = ({ environment }: Pick<Billing, 'environment'>, word: string, more: object = {}) =>
  promisify(execFile)(process.execPath, [MAIN, word], { env: { ...process.env, ...environment, ...more } });

/** Sends an event as Stripe does. @returns the status of the answer */
export async function deliver(url: string, event: Stripe.Event, secret = SECRET): Promise<number> {
  const payload = JSON.stringify(event);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  const headers = { 'Content-Type': 'application/json', 'Stripe-Signature': signature };
  const answer = await fetch(`${url}/stripe/webhook`, { method: 'POST', headers, body: payload });
  await answer.body?.cancel();
  return answer.status;
}
