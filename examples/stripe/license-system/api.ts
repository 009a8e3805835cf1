import { setTimeout as delay } from 'node:timers/promises';

export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** The revision of the user, for `If-Match`. */
  readonly etag: string | undefined;
  /** What a query has to have reached to show it. */
  readonly position: string | undefined;
}

export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly ifMatch?: string | undefined;
  readonly minPosition?: string | undefined;
}

/** Somebody has changed the user since they were read: read again, and decide again. */
export class Overtaken extends Error {}

/** The command is understood and is not done: a person has to look. `code` is the problem's. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

/** What nobody knows or nobody could do: the same call is sent again, this often, and then the customer is left for later. */
const TRIES = 4;
const TIMEOUT_MS = 20_000;
/** A token is renewed this long before its end. */
const TOKEN_MARGIN_MS = 60_000;

const isFor = (status: number) => ({
  later: status === 429 || status >= 500,
  people: status === 400 || status === 404 || status === 409 || status === 422,
});

/** The API of the License System, by a service account. */
export class LicenseSystem {
  readonly #url: string;
  readonly #credentials: string;
  #token: { readonly text: string; readonly until: number } | undefined;

  constructor(options: { readonly url: string; readonly clientId: string; readonly clientSecret: string }) {
    this.#url = options.url.replace(/\/$/, '');
    this.#credentials = `${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`;
  }

  /** @throws Overtaken, Refused; Error where it did not answer, or this account may not */
  async call(path: string, call: Call = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const token = await this.#accessToken();
      const response = await this.#fetch(path, call, token).catch((cause: unknown) => cause);
      if (response instanceof Response) {
        const { later } = isFor(response.status);
        const ended = response.status === 401 && attempt === 1;
        if (ended) this.#token = undefined;
        if (!ended && (!later || attempt === TRIES)) return answerOf(path, response);
        await response.body?.cancel();
        await delay(later ? waitFor(response, attempt) : 0);
      } else {
        if (attempt === TRIES) throw new Error(`${path}: no answer`, { cause: response });
        await delay(waitFor(undefined, attempt));
      }
    }
  }

  #fetch(
    path: string,
    { method = 'POST', body, ifMatch, minPosition }: Call,
    token: string,
  ): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
        ...(minPosition !== undefined && { 'Min-Event-Position': minPosition }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** OAuth 2.0 client credentials: good for 15 minutes. */
  async #accessToken(): Promise<string> {
    if (this.#token && Date.now() < this.#token.until) return this.#token.text;
    const response = await fetch(`${this.#url}/v1/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(this.#credentials).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`/v1/token: ${response.status} ${await response.text()}`);
    const { access_token: text, expires_in: seconds } = (await response.json()) as {
      access_token: string;
      expires_in: number;
    };
    this.#token = { text, until: Date.now() + seconds * 1_000 - TOKEN_MARGIN_MS };
    return text;
  }
}

/** `Retry-After` where it is given, else 0.2 s, 0.4 s, 0.8 s; with up to half as much again, so that not all come back at once. */
function waitFor(response: Response | undefined, attempt: number): number {
  const seconds = Number(response?.headers.get('Retry-After') ?? 0);
  return Math.max(seconds * 1_000, 100 * 2 ** attempt) * (1 + Math.random() / 2);
}

async function answerOf(path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  if (response.ok)
    return {
      body: text === '' ? {} : JSON.parse(text),
      etag: response.headers.get('ETag') ?? undefined,
      position: response.headers.get('Event-Position') ?? undefined,
    };
  if (response.status === 412) throw new Overtaken(path);
  if (!isFor(response.status).people) throw new Error(`${path}: ${response.status} ${text}`);
  const { code, detail = '', title = '', errors } = JSON.parse(text) as Record<string, string | undefined>;
  if (code === 'conflict') throw new Overtaken(path);
  throw new Refused(String(code), errors ? JSON.stringify(errors) : detail || title);
}
