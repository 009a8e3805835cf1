import { setTimeout as delay } from 'node:timers/promises';
import { askTimed, isUnknown, type Timed } from '../chaos/client.ts';
import { ask } from '../support/requests/api.ts';

/** Fast milliseconds after which a token is made again: it lives a quarter of an hour. */
const TOKEN_MS = 8 * 60_000;
const PAUSE_MS = 200;

/** The seller's own programs: a service account that works for as long as the run goes, by client credentials. */
export class Office {
  readonly #url: string;
  readonly #now: () => number;
  readonly #account: { readonly id: string; readonly secret: string };
  #token = '';
  #madeAt = Number.NEGATIVE_INFINITY;

  private constructor(url: string, now: () => number, account: { id: string; secret: string }) {
    this.#url = url;
    this.#now = now;
    this.#account = account;
  }

  /** @param operator an access token that may add service accounts */
  static async open(url: string, operator: string, now: () => number): Promise<Office> {
    const scopes = [
      'customers:read',
      'customers:write',
      'subscriptions:write',
      'licenses:write',
      'keys:write',
    ];
    const made = await ask(url, '/v1/service-accounts', {
      token: operator,
      body: { name: 'long-run', scopes },
    });
    const id = String(made.body.service_account_id);
    const key = await ask(url, `/v1/service-accounts/${id}/keys`, { token: operator, body: {} });
    if (key.status !== 201)
      throw new Error(`no key of a service account: ${key.status} ${JSON.stringify(key.body)}`);
    return new Office(url, now, { id, secret: String(key.body.secret) });
  }

  /** Asks with a token of its own. */
  async ask(
    resource: string,
    request: { body?: unknown; method?: string; headers?: Record<string, string> },
  ): Promise<Timed> {
    return askTimed(this.#url, resource, { ...request, token: await this.#fresh() });
  }

  async #fresh(): Promise<string> {
    const now = this.#now();
    if (now - this.#madeAt < TOKEN_MS) return this.#token;
    const { id, secret } = this.#account;
    const body = await this.#ask({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
    });
    this.#token = String(body.access_token);
    this.#madeAt = now;
    return this.#token;
  }

  /** Again while nobody answers. */
  async #ask(form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    for (;;) {
      const timed = await askTimed(this.#url, '/v1/token', {
        method: 'POST',
        text: new URLSearchParams(form).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      if (timed.answer?.status === 200) return timed.body;
      if (!isUnknown(timed))
        throw new Error(`no token: ${timed.answer?.status} ${JSON.stringify(timed.body)}`);
      await delay(PAUSE_MS);
    }
  }
}
