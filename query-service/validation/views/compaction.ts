import type { StoredTerms } from '../../../shared/events/schemas/terms.ts';
import type { LicenseView, SubscriptionInView, UserView } from '../../../shared/read-model/views.ts';
import type { Named } from './loading.ts';

/** More different values than this are not shared; plans and their terms are few. */
const MAX_SHARED = 1_000;

/**
 * Makes views small for memory: what the key says too is the key's own text, and what is the same for many (terms, the
 * names of plans) is kept once. A pair that comes from a driver takes 1.4 KB; this way it is half a KB.
 */
export class Compaction {
  readonly #terms = new Map<string, StoredTerms>();
  readonly #names = new Map<string, string>();

  license(view: LicenseView, { licenseId, userId }: Named): LicenseView {
    const { license, position, loadedAt } = view;
    if (!license) return view;
    const { product, clientId, status } = license;
    return {
      position,
      loadedAt,
      license: {
        licenseId: license.licenseId === licenseId ? licenseId : license.licenseId,
        userId: license.userId === userId ? userId : license.userId,
        product: this.#name(product),
        clientId,
        status: this.#name(status),
      },
    };
  }

  user(view: UserView, { userId }: Named): UserView {
    const { user, position, loadedAt } = view;
    if (!user) return view;
    const { subscriptions, parked } = user;
    return {
      position,
      loadedAt,
      user: {
        userId: user.userId === userId ? userId : user.userId,
        status: this.#name(user.status),
        subscriptions: this.#subscriptions(subscriptions),
        parked,
      },
    };
  }

  #subscriptions(subscriptions: Readonly<Record<string, SubscriptionInView>>) {
    const compact: Record<string, SubscriptionInView> = {};
    for (const [product, subscription] of Object.entries(subscriptions)) {
      compact[this.#name(product)] = {
        ...subscription,
        plan: this.#name(subscription.plan),
        terms: shared(this.#terms, JSON.stringify(subscription.terms), subscription.terms),
      };
    }
    return compact;
  }

  #name<S extends string>(name: S): S {
    return shared(this.#names as Map<string, S>, name, name);
  }
}

function shared<T>(known: Map<string, T>, name: string, value: T): T {
  const first = known.get(name);
  if (first !== undefined) return first;
  if (known.size < MAX_SHARED) known.set(name, value);
  return value;
}
