import type { JSONWebKeySet } from 'jose';
import type { License } from './answer.ts';
import { type Answered, type Asking, ask, type Request, type Unknown } from './ask.ts';
import { LicensingFault } from './fault.ts';
import { isProblem, type Problem } from './problem.ts';

export interface ValidationQuestion {
  readonly activationKey: string;
  readonly clientId: string;
  readonly nonce: string;
  /** The position of an activation that the answer must know of. */
  readonly position?: string | undefined;
}

export type Validation =
  | { readonly kind: 'lease'; readonly token: string }
  | { readonly kind: 'invalid'; readonly license: License }
  | ({ readonly kind: 'unknown' } & Omit<Unknown, 'status'>);

export type Commanded =
  | {
      readonly kind: 'done';
      /** Of an activation. */
      readonly activationKey: string | undefined;
      /** The position of the event that the answer rests on. */
      readonly position: string | undefined;
    }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | ({ readonly kind: 'unknown' } & Omit<Unknown, 'status'>);

export interface ServerOptions {
  readonly url: string;
  readonly product: string;
  readonly appVersion: string | undefined;
  readonly asking: Asking;
}

/** The four calls of the API that a program makes. They throw for nothing that a network or a server does. */
export class Server {
  readonly #base: URL;
  readonly #options: ServerOptions;

  /** @throws TypeError the address is none, or would send keys in plain text over a network */
  constructor(options: ServerOptions) {
    this.#base = baseOf(options.url);
    this.#options = options;
  }

  async validate({ activationKey, clientId, nonce, position }: ValidationQuestion): Promise<Validation> {
    const { product, appVersion } = this.#options;
    const answer = await this.#ask({
      method: 'GET',
      url: this.#url('v1/licenses/validate', {
        client_id: clientId,
        product,
        nonce,
        app_version: appVersion,
      }),
      headers: {
        Accept: 'application/jwt',
        Authorization: `Bearer ${activationKey}`,
        ...(position !== undefined && { 'Min-Event-Position': position }),
      },
    });
    if (answer.status === 'unknown') return { ...answer, kind: 'unknown' };
    if (answer.status === 200 && answer.type === 'application/jwt')
      return { kind: 'lease', token: answer.text };
    const license = answer.status === 200 ? (jsonOf(answer) as License | undefined) : undefined;
    if (license?.status === 'invalid' && typeof license.code === 'string')
      return { kind: 'invalid', license };
    return unexpected('the validation', answer);
  }

  /** The keys that leases are verified with; undefined where nobody answers. */
  async keys(): Promise<JSONWebKeySet | undefined> {
    const url = this.#url('.well-known/jwks.json', {});
    const answer = await this.#ask({ method: 'GET', url, headers: { Accept: 'application/json' } });
    if (answer.status !== 200) return undefined;
    const set = jsonOf(answer) as JSONWebKeySet | undefined;
    return Array.isArray(set?.keys) ? set : undefined;
  }

  /** @param credential a license key or an access token. A repeat has no second effect. */
  activate(credential: string, body: Readonly<Record<string, string | undefined>>): Promise<Commanded> {
    return this.#command({
      method: 'POST',
      url: this.#url('v1/activations', {}),
      headers: {
        Authorization: `Bearer ${credential}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
      },
      body: JSON.stringify({ ...body, product: this.#options.product }),
    });
  }

  deactivate(clientId: string, activationKey: string): Promise<Commanded> {
    return this.#command({
      method: 'DELETE',
      url: this.#url(`v1/activations/${encodeURIComponent(clientId)}`, { product: this.#options.product }),
      headers: { Authorization: `Bearer ${activationKey}` },
    });
  }

  async #command(request: Request): Promise<Commanded> {
    const answer = await this.#ask(request);
    if (answer.status === 'unknown') return { ...answer, kind: 'unknown' };
    const body = jsonOf(answer);
    const position = answer.headers.get('Event-Position') ?? undefined;
    const activationKey = (body as { activation_key?: string } | undefined)?.activation_key;
    const done = request.method === 'DELETE' ? answer.status === 204 : typeof activationKey === 'string';
    if (done) return { kind: 'done', activationKey, position };
    if (answer.status >= 400 && isProblem(body)) return { kind: 'refused', problem: body };
    return unexpected(`${request.method} ${request.url.pathname}`, answer);
  }

  #ask(request: Request) {
    return ask(request, this.#options.asking);
  }

  #url(path: string, query: Readonly<Record<string, string | undefined>>): URL {
    const url = new URL(path, this.#base);
    // By hand: URLSearchParams writes a space as a plus, which this API takes for a plus.
    url.search = Object.entries(query)
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
      .join('&');
    return url;
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function baseOf(url: string): URL {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  if (base.protocol === 'https:' || (base.protocol === 'http:' && LOOPBACK.test(base.hostname))) return base;
  throw new TypeError(
    `url: expected https (or http on this machine), because keys are sent to it; it is ${url}`,
  );
}

function jsonOf({ type, text }: Answered): unknown {
  if (type !== 'application/json' && type !== 'application/problem+json') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Cut off, or no JSON after all: whoever asked says that it was unexpected.
    return undefined;
  }
}

function unexpected(what: string, answer: Answered): { kind: 'unknown' } & Omit<Unknown, 'status'> {
  const body = jsonOf(answer);
  const said = isProblem(body) ? `${body.code}: ${body.detail ?? body.title}` : answer.type || 'nothing';
  const message = `${what} was answered with ${answer.status} (${said})`;
  return { kind: 'unknown', retryAfterMs: undefined, fault: new LicensingFault('unexpected', message) };
}
