import { type LicenseSystem, Refused } from '../license-system/api.ts';
import { pages, type Subscription } from '../license-system/subscriptions.ts';
import type { Store } from './store.ts';

/**
 * One look at a user, and the commands that follow from it. Each is sent on the condition that the user is as the answer
 * before said; so what was decided from an older state is never done.
 */
export class Session {
  /** Whether anything was changed, here or at Stripe: then both sides are to be compared once more. */
  changed = false;
  /** What was refused, and is for people to look at. */
  readonly reasons: string[] = [];
  readonly #api: LicenseSystem;
  readonly #store: Store;
  readonly #customer: string;
  readonly #userId: string;
  #etag: string | undefined;

  constructor(parts: {
    readonly api: LicenseSystem;
    readonly store: Store;
    readonly customer: string;
    readonly userId: string;
  }) {
    this.#api = parts.api;
    this.#store = parts.store;
    this.#customer = parts.customer;
    this.#userId = parts.userId;
  }

  /** The user's subscriptions, at least as new as what this service has done. */
  async read(): Promise<readonly Subscription[]> {
    const position = this.#store.known(this.#customer)?.position ?? undefined;
    const { items, first } = await pages(this.#api, `/v1/users/${this.#userId}/subscriptions?`, position);
    this.#etag = first.etag;
    return items;
  }

  start(body: Readonly<Record<string, unknown>>): Promise<Subscription | undefined> {
    return this.command('/v1/subscriptions', { user_id: this.#userId, ...body }, `start ${body.external_id}`);
  }

  /**
   * @returns the subscription as it is then; undefined if it was refused, which is noted
   * @throws Overtaken the user has changed since; Error nobody knows whether it was done
   */
  async command(path: string, body: unknown, what: string): Promise<Subscription | undefined> {
    try {
      const answer = await this.#api.call(path, { body, ifMatch: this.#etag });
      if (answer.etag !== this.#etag) this.changed = true;
      this.#etag = answer.etag;
      this.#store.learn(this.#customer, { userId: this.#userId, position: answer.position ?? null });
      return answer.body as unknown as Subscription;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.reasons.push(`${what}: ${error.message}`);
      return undefined;
    }
  }

  /** Does something about a subscription: `renew`, `change-plan`, … */
  do(
    { subscription_id: id, external_id: name }: Subscription,
    verb: string,
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<Subscription | undefined> {
    return this.command(`/v1/subscriptions/${id}/${verb}`, body, `${verb} ${name}`);
  }
}
