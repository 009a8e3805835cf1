import { applyEvent, type Rows } from '../read-model/fold/apply.ts';
import type { FoldedEvent } from '../read-model/fold/event.ts';
import type { License } from '../read-model/fold/license.ts';
import type { LicenseKey } from '../read-model/fold/license-key.ts';
import { factsOf, type Subscription } from '../read-model/fold/subscription.ts';
import { skipEvent, type User } from '../read-model/fold/user.ts';
import { type SubscriptionStatus, subscriptionStatusAt } from '../subscription-status.ts';

/** How many licenses of a user are in which state. */
export interface LicenseCounts {
  readonly active: number;
  readonly deactivated: number;
  readonly revoked: number;
}

export interface SubscriptionSummary {
  readonly subscription_id: string;
  readonly product: string;
  readonly plan_type: string;
  readonly quantity: number;
  readonly trial: boolean;
  readonly status: SubscriptionStatus;
  readonly start_date: string;
  readonly end_date: string;
}

/** A user's state in a few words, as it is shown: of one size, however many licenses there are. */
export interface StateSummary {
  readonly status: User['status'];
  /** Those that count, one a product, by the product's name. */
  readonly subscriptions: SubscriptionSummary[];
  /** The first of them, for callers from before there were products. */
  readonly subscription: SubscriptionSummary | null;
  readonly licenses: LicenseCounts;
}

const iso = (at: number): string => new Date(at).toISOString();

/** What is to be shown of a subscription's status at an instant, in milliseconds since 1970. */
export const statusAt = (subscription: Subscription, at: number): SubscriptionStatus =>
  subscriptionStatusAt(factsOf(subscription), at);

const summaryOf = (subscription: Subscription, at: number): SubscriptionSummary => ({
  subscription_id: subscription.subscriptionId,
  product: subscription.product,
  plan_type: subscription.plan,
  quantity: subscription.quantity,
  trial: subscription.trial,
  status: statusAt(subscription, at),
  start_date: iso(subscription.startDate),
  end_date: iso(subscription.endDate),
});

/**
 * All rows of one user, folded from their events the way the projector folds everybody's: what the read models held
 * once they had applied them.
 */
export class UserRows implements Rows {
  #user: User | undefined;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #licenses = new Map<string, License>();
  readonly #licenseKeys = new Map<string, LicenseKey>();
  readonly #counts = { active: 0, deactivated: 0, revoked: 0 };

  /** @param userId the one user that is folded; others have no row */
  user(userId: string | undefined = this.#user?.userId): User | undefined {
    return this.#user?.userId === userId ? this.#user : undefined;
  }

  subscription(subscriptionId: string): Subscription | undefined {
    return this.#subscriptions.get(subscriptionId);
  }

  license(licenseId: string): License | undefined {
    return this.#licenses.get(licenseId);
  }

  licenseKey(keyId: string): LicenseKey | undefined {
    return this.#licenseKeys.get(keyId);
  }

  setUser(user: User): void {
    this.#user = user;
  }

  setSubscription(subscription: Subscription): void {
    this.#subscriptions.set(subscription.subscriptionId, subscription);
  }

  setLicense(license: License): void {
    const before = this.#licenses.get(license.licenseId);
    if (before) this.#counts[before.status] -= 1;
    this.#counts[license.status] += 1;
    this.#licenses.set(license.licenseId, license);
  }

  setLicenseKey(key: LicenseKey): void {
    this.#licenseKeys.set(key.keyId, key);
  }

  /** Applies the next event. @throws ProjectionFault nothing was changed */
  apply(event: FoldedEvent): void {
    applyEvent(this, event);
    if (event.recorded.event.type !== 'UserErased') return;
    for (const license of this.#licenses.values())
      this.setLicense({ ...license, clientName: null, clientId: null });
    for (const subscription of this.#subscriptions.values())
      this.setSubscription({ ...subscription, externalId: null });
  }

  /** Lets an event go, as an operator told the projector to. */
  skip(event: FoldedEvent, at: number): void {
    this.#user = skipEvent(this.#user, event, at);
  }

  /** The subscriptions that count for the user's licenses, one a product, by the product's name. */
  get counting(): readonly Subscription[] {
    return Object.entries(this.#user?.counting ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { id }]) => this.#subscriptions.get(id) ?? []);
  }

  /** In the order in which they were started. */
  get subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  /** In the order in which they were issued. @param last only so many of the latest */
  licenseKeys(last = this.#licenseKeys.size): readonly LicenseKey[] {
    return [...this.#licenseKeys.values().drop(Math.max(0, this.#licenseKeys.size - last))];
  }

  get counts(): LicenseCounts {
    return { ...this.#counts };
  }

  /** In the order of their activation. @param last only so many of the latest */
  licenses(last = this.#licenses.size): readonly License[] {
    return [...this.#licenses.values().drop(Math.max(0, this.#licenses.size - last))];
  }

  /** undefined before the sign-up. @param at when it is looked at, in milliseconds since 1970 */
  summary(at: number): StateSummary | undefined {
    if (!this.#user) return undefined;
    const subscriptions = this.counting.map((one) => summaryOf(one, at));
    return {
      status: this.#user.status,
      subscriptions,
      subscription: subscriptions[0] ?? null,
      licenses: this.counts,
    };
  }
}
