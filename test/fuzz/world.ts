import { randomUUID } from 'node:crypto';
import { ALL_SCOPES } from '../../shared/tokens/scopes.ts';
import { type ApiAnswer, ask, subscribe } from '../support/requests/api.ts';
import { welcomeMember, withSession } from '../support/requests/staff.ts';
import type { LaunchedStack } from '../support/stack.ts';

type Headers = Readonly<Record<string, string>>;

/** Ids, credentials and values that mean something to the system under test: else nothing would be found by any request. */
export interface World {
  /** Grows by what answers name. */
  readonly ids: string[];
  /** Positions that the read models have reached: waiting for one that nobody writes takes seconds. */
  readonly positions: readonly string[];
  /** What goes into the headers, by the document's name of the way to show who one is. */
  readonly credentials: Readonly<Record<string, readonly Headers[]>>;
  /** By the names of fields and parameters. */
  readonly known: Readonly<Record<string, readonly unknown[]>>;
}

/** Everybody's, so that a request that names any email and this one is right. */
const PASSWORD = 'staple battery horse 7 correct';
const CUSTOMERS = 20;
/** Ids that answers have named beside the first ones; the oldest go. */
const MOST_LEARNED = 300;

const bearer = (token: unknown): Headers => ({ Authorization: `Bearer ${token}` });

/** @throws Error it was refused */
async function made(what: string, asked: Promise<ApiAnswer>): Promise<ApiAnswer> {
  const answer = await asked;
  if (answer.status < 300) return answer;
  throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function customer(url: string) {
  const email = `${randomUUID()}@example.com`;
  const signedUp = await made('sign-up', ask(url, '/v1/signup', { body: { email, password: PASSWORD } }));
  const { user_id: userId, access_token: token } = signedUp.body as { user_id: string; access_token: string };
  const { body: subscription } = await subscribe(url, { userId, token });
  const clientId = `client-${randomUUID()}`;
  const activated = await made(
    'activation',
    ask(url, '/v1/activations', { token, body: { client_id: clientId } }),
  );
  const { body: key } = await made('license key', ask(url, '/v1/license-keys', { token, body: {} }));
  return {
    ...{ email, clientId, token, licenseKey: key.license_key, activationKey: activated.body.activation_key },
    userId,
    ids: [userId, subscription.subscription_id, activated.body.license_id, key.key_id] as string[],
    position: String(activated.headers.get('Event-Position')),
  };
}

async function serviceAccount(url: string, token: string) {
  const path = '/v1/service-accounts';
  const { body } = await made(
    'service account',
    ask(url, path, { token, body: { name: 'fuzz', scopes: ALL_SCOPES } }),
  );
  const { service_account_id: id } = body as { service_account_id: string };
  const { body: key } = await made('its key', ask(url, `${path}/${id}/keys`, { token, body: {} }));
  return { id, keyId: String(key.key_id), secret: String(key.secret) };
}

/** Customers, staff and their things, new ones at each call. */
export async function createWorld({ url, tool }: Pick<LaunchedStack, 'url' | 'tool'>): Promise<World> {
  const printed = (role: string) => tool('token', '--role', role, '--subject', 'fuzz', '--expires-in', '180');
  const operator = await printed('operator');
  const customers = [];
  for (let n = 0; n < CUSTOMERS; n++) customers.push(await customer(url));
  const account = await serviceAccount(url, operator);
  const member = await welcomeMember(url, operator, ALL_SCOPES);
  const hook = { url: 'https://hooks.example.com/license' };
  const { body: webhook } = await made('webhook', ask(url, '/v1/webhooks', { token: operator, body: hook }));
  const basic = Buffer.from(`${account.id}:${account.secret}`).toString('base64');
  const clientIds = customers.map(({ clientId }) => clientId);
  return {
    ids: [
      ...customers.flatMap(({ ids }) => ids),
      ...[account.id, account.keyId, member.staffId, String(webhook.webhook_id)],
    ],
    positions: customers.map(({ position }) => position),
    credentials: {
      userToken: customers.map(({ token }) => bearer(token)),
      activationKey: customers.map(({ activationKey }) => bearer(activationKey)),
      licenseKey: customers.map(({ licenseKey }) => bearer(licenseKey)),
      staffToken: [bearer(operator)],
      analystToken: [bearer(await printed('analyst'))],
      staffSession: [withSession(member.cookie)],
      serviceKey: [{ Authorization: `Basic ${basic}` }],
    },
    known: {
      email: [...customers.map(({ email }) => email), member.email],
      password: [PASSWORD],
      new_password: [PASSWORD],
      user_id: customers.map(({ userId }) => userId),
      client_id: clientIds,
      replaces: clientIds,
      license_key: customers.map(({ licenseKey }) => licenseKey),
      external_id: ['order-1', 'order-2', 'order-3'],
      product: ['app'],
      plan: ['free', 'basic', 'pro', 'enterprise'],
      grant_type: ['client_credentials'],
    },
  };
}

/** Takes up the ids that an answer names. */
export function learn(world: World, body: unknown, kept: number): void {
  for (const [, id] of JSON.stringify(body ?? null).matchAll(/_id":"([\da-f-]{36})"/g)) {
    if (id === undefined || world.ids.includes(id)) continue;
    world.ids.push(id);
    if (world.ids.length > kept + MOST_LEARNED) world.ids.splice(kept, 1);
  }
}
