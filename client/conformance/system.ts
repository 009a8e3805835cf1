import { randomUUID } from 'node:crypto';
import { decodeJwt, type JSONWebKeySet } from 'jose';

/** A lease that a running system has signed, and whose it is. */
export interface SignedLease {
  readonly token: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly activationKey: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly expiresAt: string;
}

/** Where the leases come from: a system of which somebody is the operator. */
export interface SystemAccess {
  readonly api: string;
  /** An access token that may do everything. */
  readonly operator: string;
}

interface Asked {
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(api: string, resource: string, { token, body, headers }: Asked = {}): Promise<Response> {
  const response = await fetch(`${api}${resource}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
  return response;
}

const json = async (answer: Promise<Response>) => (await (await answer).json()) as Record<string, string>;

/** The keys that the system's leases are verified with. */
export const keysOf = async ({ api }: SystemAccess): Promise<JSONWebKeySet> =>
  (await (await ask(api, '/.well-known/jwks.json')).json()) as JSONWebKeySet;

/** A customer with a subscription of staff's making. */
export async function addCustomer({ api, operator }: SystemAccess, terms: object) {
  const { user_id } = await json(
    ask(api, '/v1/users', { token: operator, body: { external_id: `conformance-${randomUUID()}` } }),
  );
  const { subscription_id } = await json(
    ask(api, '/v1/subscriptions', { token: operator, body: { user_id, product: 'app', ...terms } }),
  );
  const { license_key } = await json(
    ask(api, '/v1/license-keys', { token: operator, body: { user_id, product: 'app' } }),
  );
  return { subscriptionId: String(subscription_id), licenseKey: String(license_key) };
}

export type Customer = Awaited<ReturnType<typeof addCustomer>>;

/** Activates a client and asks for its lease. @param before what happens between the two, with the position that it ends at */
export async function leaseFor(
  { api }: SystemAccess,
  { licenseKey }: Customer,
  clientId: string,
  before: () => Promise<string | undefined> = async () => undefined,
): Promise<SignedLease> {
  const activation = await ask(api, '/v1/activations', {
    token: licenseKey,
    body: { client_id: clientId, product: 'app' },
  });
  const { activation_key = '' } = (await activation.json()) as Record<string, string>;
  const position = (await before()) ?? String(activation.headers.get('Event-Position'));
  const nonce = randomUUID();
  const query = `client_id=${encodeURIComponent(clientId)}&product=app&nonce=${nonce}`;
  const answer = await ask(api, `/v1/licenses/validate?${query}`, {
    token: activation_key,
    headers: { Accept: 'application/jwt', 'Min-Event-Position': position },
  });
  const token = await answer.text();
  const { iat = 0, exp = 0, license } = decodeJwt<{ license: { expires_at: string } }>(token);
  return { token, clientId, nonce, activationKey: activation_key, iat, exp, expiresAt: license.expires_at };
}

/** Ends a subscription now. @returns the position at which that is known */
export async function cancel({ api, operator }: SystemAccess, { subscriptionId }: Customer): Promise<string> {
  const path = `/v1/subscriptions/${subscriptionId}/cancel`;
  const answer = await ask(api, path, { token: operator, body: { immediately: true } });
  return String(answer.headers.get('Event-Position'));
}
