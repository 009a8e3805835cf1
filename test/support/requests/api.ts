import { randomBytes, randomUUID } from 'node:crypto';

/** An answer of the HTTP API, its JSON body read. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface ApiRequest {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** A body as it stands, its media type among the headers. */
  readonly text?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up after this many milliseconds, with a TimeoutError. */
  readonly timeoutMs?: number;
}

/** Asks the API once. A network error is thrown: a test that expects one says so. */
export async function ask(url: string, resource: string, request: ApiRequest = {}): Promise<ApiAnswer> {
  const { method = request.body === undefined ? 'GET' : 'POST', token, body, headers, timeoutMs } = request;
  const response = await fetch(`${url}${resource}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(request.text === undefined ? {} : { body: request.text }),
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export interface Customer {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/** Signs up a new customer. @throws Error the sign-up was refused */
export async function signUp(url: string): Promise<Customer> {
  const email = `${randomUUID()}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const answer = await ask(url, '/v1/signup', { body: { email, password } });
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { userId: String(answer.body.user_id), email, password, token: String(answer.body.access_token) };
}

export interface Licensed extends Customer {
  readonly subscriptionId: string;
  readonly licenseId: string;
  readonly clientId: string;
  readonly activationKey: string;
  /** Position of the activation. */
  readonly position: string;
}

/** A year of a plan, started by who may start it. @throws Error it was refused */
export async function subscribe(
  url: string,
  { userId, token }: Pick<Customer, 'userId' | 'token'>,
  by: Subscribing = {},
): Promise<ApiAnswer> {
  const { staff, plan = staff === undefined ? 'free' : 'pro' } = by;
  const body = { plan, months: 12, ...(staff !== undefined && { user_id: userId }) };
  const answer = await ask(url, '/v1/subscriptions', { token: staff ?? token, body });
  if (answer.status !== 201) throw new Error(`subscription: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

export interface Subscribing {
  /** A token that may start paid plans. Without one customers start `free` themselves. */
  readonly staff?: string;
  readonly plan?: string;
}

/** A customer with a running subscription and one active client. */
export async function signUpLicensed(url: string, by: Subscribing = {}): Promise<Licensed> {
  const customer = await signUp(url);
  const subscription = await subscribe(url, customer, by);
  const clientId = `client-${randomUUID()}`;
  const activation = await ask(url, '/v1/activations', {
    token: customer.token,
    body: { client_id: clientId },
  });
  if (activation.status !== 201)
    throw new Error(`activation: ${activation.status} ${JSON.stringify(activation.body)}`);
  return {
    ...customer,
    subscriptionId: String(subscription.body.subscription_id),
    licenseId: String(activation.body.license_id),
    clientId,
    activationKey: String(activation.body.activation_key),
    position: String(activation.headers.get('Event-Position')),
  };
}

/** Asks whether the license is good; with its activation's position if `fresh`. */
export const validate = (url: string, licensed: Licensed, fresh = false): Promise<ApiAnswer> =>
  ask(url, `/v1/licenses/validate?client_id=${licensed.clientId}`, {
    token: licensed.activationKey,
    headers: fresh ? { 'Min-Event-Position': licensed.position } : {},
  });
