import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { UserEvent } from '../../../shared/events/types.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { SubscriptionEvent } from '../../../shared/read-model/fold/subscription.ts';
import type { User } from '../../../shared/read-model/fold/user.ts';
import type { HistoryBatch } from '../../write/batch/history.ts';
import type { DecodedEvent } from '../../write/decode.ts';
import { type Cause, causeOf } from '../intervals/cause.ts';
import { type CustomerState, customerAfter } from '../intervals/customer.ts';
import { Known } from '../intervals/interval.ts';
import { erasedLicense, type LicenseState } from '../intervals/license.ts';
import {
  eraseSubscription,
  type SubscriptionState,
  takeSubscriptionEvent,
} from '../intervals/subscription.ts';
import { SoldTerms } from './catalogue-terms.ts';
import { customers, loadCustomers } from './customers.ts';
import { type Erasure, eraseLicenses, licenseStates, loadLicenseStates } from './license-states.ts';
import { loadSubscriptionStates, loadSubscriptionsOf, subscriptionStates } from './subscription-states.ts';
import { wantedStates } from './wanted.ts';

/**
 * The intervals that a batch is about: what is known of them is loaded with one statement a table, changed in memory, and
 * written with one statement a table, or two where rows end.
 */
export class IntervalBatch implements HistoryBatch {
  #subscriptions = new Map<string, Known<SubscriptionState>>();
  #licenses = new Map<string, Known<LicenseState>>();
  #customers = new Map<string, Known<CustomerState>>();
  readonly #erasures: Erasure[] = [];
  readonly #terms = new SoldTerms();

  async load(db: Queryable, events: readonly DecodedEvent[], rows: Rows): Promise<void> {
    const { subscriptions, licenses, erased } = wantedStates(events, rows);
    const ofErased = await loadSubscriptionsOf(db, erased);
    // These second: they may reach further back.
    this.#subscriptions = new Map([...ofErased, ...(await loadSubscriptionStates(db, subscriptions))]);
    this.#licenses = await loadLicenseStates(db, licenses);
    this.#customers = await loadCustomers(db, [...erased.keys()]);
  }

  applied({ userId, recorded }: DecodedEvent, at: number, rows: Rows): void {
    const { event, metadata } = recorded;
    const user = rows.user(userId) as User;
    const cause = causeOf(recorded);
    if (isSubscriptionEvent(event)) {
      if ('terms' in event.data) this.#terms.sold({ ...event.data, at, position: recorded.position });
      const known = knownOf(this.#subscriptions, event.data.subscriptionId);
      const customerErased = user.status === 'erased';
      takeSubscriptionEvent(known, event, metadata, { at, cause, customerErased });
    } else if ('licenseId' in event.data) {
      const { licenseId, replaces } = { replaces: undefined, ...event.data };
      for (const id of [replaces, licenseId])
        if (id !== undefined) this.#takeLicense(id, user, at, cause, rows);
    } else {
      const after = customerAfter(this.#customers.get(userId)?.last?.state, event, user, cause);
      if (after) knownOf(this.#customers, userId).holds(at, after);
      if (event.type === 'UserErased') this.#erase(userId, at, cause);
    }
  }

  #takeLicense(licenseId: string, user: User, at: number, cause: Cause, rows: Rows): void {
    const state = { license: rows.license(licenseId) as License, customerErased: false, cause };
    const known = knownOf(this.#licenses, licenseId);
    known.holds(at, user.status === 'erased' ? erasedLicense(state, cause) : state);
  }

  #erase(userId: string, at: number, cause: Cause): void {
    this.#erasures.push({ userId, at, cause });
    for (const known of this.#subscriptions.values())
      if (known.last?.state.subscription.userId === userId) eraseSubscription(known, at, cause);
    for (const known of this.#licenses.values()) {
      const state = known.last?.state;
      if (state?.license.userId === userId) known.holds(at, erasedLicense(state, cause));
    }
  }

  async save(db: Queryable): Promise<void> {
    await this.#terms.save(db);
    await customers.write(db, changesOf(this.#customers));
    await subscriptionStates.write(db, changesOf(this.#subscriptions));
    await eraseLicenses(db, this.#erasures, [...this.#licenses.keys()]);
    await licenseStates.write(db, changesOf(this.#licenses));
  }
}

const changesOf = <S>(all: ReadonlyMap<string, Known<S>>) => all.values().map((known) => known.takeChanges());

const isSubscriptionEvent = (event: UserEvent): event is SubscriptionEvent =>
  event.type.startsWith('Subscription');

function knownOf<S>(all: Map<string, Known<S>>, id: string): Known<S> {
  const known = all.get(id) ?? new Known<S>();
  all.set(id, known);
  return known;
}
