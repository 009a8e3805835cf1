import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { Subscription, SubscriptionEvent } from '../../../shared/read-model/fold/subscription.ts';
import type { User } from '../../../shared/read-model/fold/user.ts';
import type { HistoryBatch } from '../../write/batch/history.ts';
import type { DecodedEvent } from '../../write/decode.ts';
import { type Cause, causeOf } from '../intervals/cause.ts';
import { type CustomerState, customerAfter } from '../intervals/customer.ts';
import { type Interval, Known } from '../intervals/interval.ts';
import { erasedLicense, type LicenseState } from '../intervals/license.ts';
import {
  type Before,
  beforeAt,
  eraseSubscription,
  isShown,
  type SubscriptionState,
  type Taken,
  takeSubscriptionEvent,
} from '../intervals/subscription.ts';
import { SoldTerms } from './catalogue-terms.ts';
import { customers, loadCustomers } from './customers.ts';
import { type Erasure, eraseLicenses, licenseStates } from './license-states.ts';
import type { ChangedThing } from './state-rows.ts';
import { loadSubscriptionStates, loadSubscriptionsOf, subscriptionStates } from './subscription-states.ts';
import { isSubscriptionEvent, wantedStates } from './wanted.ts';

type Happened = Omit<Taken, 'after'>;

interface Theirs {
  readonly subscriptions: Set<string>;
  readonly licenses: Set<string>;
}

/**
 * The intervals that a batch is about. What the tables know is not read, but where an event counts from an earlier date than
 * its own time, and of customers who are erased: the state that follows is the fold's, and rows are cut where they stand.
 * Each table is written with one statement for the rows that end, and one for those that are new.
 */
export class IntervalBatch implements HistoryBatch {
  #subscriptions = new Map<string, Known<SubscriptionState>>();
  #licenses = new Map<string, Known<LicenseState>>();
  #customers = new Map<string, Known<CustomerState>>();
  readonly #erasures: Erasure[] = [];
  readonly #terms = new SoldTerms();
  /** The fold's rows before the batch. */
  readonly #stored = new Map<string, Subscription>();
  /** What held just before the batch's first change of subscriptions that were not read. */
  readonly #edges = new Map<string, Before>();
  /** When the last event of each customer was, before the batch. */
  readonly #times = new Map<string, number>();
  /** Of customers who are erased: what the batch has of theirs so far. */
  readonly #erased = new Map<string, Theirs>();

  async load(db: Queryable, events: readonly DecodedEvent[], rows: Rows): Promise<void> {
    for (const { userId, recorded } of events) {
      const user = rows.user(userId);
      if (user) this.#times.set(userId, user.updatedAt);
      if (!isSubscriptionEvent(recorded.event)) continue;
      const stored = rows.subscription(recorded.event.data.subscriptionId);
      if (stored) this.#stored.set(stored.subscriptionId, stored);
    }
    const { subscriptions, erased } = wantedStates(events, rows);
    const ofErased = await loadSubscriptionsOf(db, erased);
    for (const userId of erased.keys())
      this.#erased.set(userId, { subscriptions: new Set(), licenses: new Set() });
    for (const [id, known] of ofErased) {
      const { userId } = (known.last as Interval<SubscriptionState>).state.subscription;
      this.#erased.get(userId)?.subscriptions.add(id);
    }
    // These second: they may reach further back.
    this.#subscriptions = new Map([...ofErased, ...(await loadSubscriptionStates(db, subscriptions))]);
    this.#customers = await loadCustomers(db, [...erased.keys()]);
  }

  applied({ userId, recorded }: DecodedEvent, at: number, rows: Rows): void {
    const { event } = recorded;
    const user = rows.user(userId) as User;
    const cause = causeOf(recorded);
    const taken = { at, cause, customerErased: user.status === 'erased' };
    if (isSubscriptionEvent(event)) {
      if (isShown(event)) this.#takeSubscription(event, recorded, taken, rows);
    } else if (event.type === 'LicenseActivated') {
      const { licenseId, replaces } = event.data;
      if (replaces !== undefined) this.#takeLicense(rows.license(replaces) as License, taken, true);
      this.#takeLicense(rows.license(licenseId) as License, taken, false);
    } else if ('licenseId' in event.data) {
      this.#takeLicense(rows.license(event.data.licenseId) as License, taken, true);
    } else {
      const after = customerAfter(this.#customers.get(userId)?.last?.state, event, user, cause);
      if (after) knownOf(this.#customers, userId, false).holds(at, after);
      if (event.type === 'UserErased') this.#erase(userId, at, cause);
    }
  }

  #takeSubscription(
    event: SubscriptionEvent,
    { metadata, position }: DecodedEvent['recorded'],
    taken: Happened,
    rows: Rows,
  ): void {
    const { subscriptionId: id, userId } = event.data;
    const { at, customerErased } = taken;
    if ('terms' in event.data) this.#terms.sold({ ...event.data, at, position });
    this.#erased.get(userId)?.subscriptions.add(id);
    const stored = this.#stored.get(id);
    if (stored && !this.#subscriptions.has(id)) this.#edges.set(id, beforeAt(stored, customerErased, at));
    const known = knownOf(this.#subscriptions, id, stored !== undefined);
    const after = rows.subscription(id) as Subscription;
    takeSubscriptionEvent(known, event, metadata, { ...taken, after, before: this.#edges.get(id) });
  }

  #takeLicense(license: License, { at, cause, customerErased }: Happened, isStored: boolean): void {
    this.#erased.get(license.userId)?.licenses.add(license.licenseId);
    const state = { license, customerErased, cause };
    const known = knownOf(this.#licenses, license.licenseId, isStored);
    known.holds(at, customerErased ? erasedLicense(state, cause) : state);
  }

  #erase(userId: string, at: number, cause: Cause): void {
    const { subscriptions, licenses } = this.#erased.get(userId) as Theirs;
    for (const id of subscriptions) eraseSubscription(knownOf(this.#subscriptions, id, true), at, cause);
    for (const id of licenses) {
      const known = knownOf(this.#licenses, id, true);
      known.holds(at, erasedLicense(known.last?.state as LicenseState, cause));
    }
    this.#erasures.push({ userId, at, cause, except: [...licenses] });
  }

  async save(client: PoolClient): Promise<void> {
    await this.#terms.save(client);
    await customers.write(
      client,
      this.#changed(this.#customers, (state) => state),
    );
    await subscriptionStates.write(
      client,
      this.#changed(this.#subscriptions, ({ subscription }) => subscription),
    );
    await eraseLicenses(client, this.#erasures);
    await licenseStates.write(
      client,
      this.#changed(this.#licenses, ({ license }) => license),
    );
  }

  *#changed<S>(
    all: ReadonlyMap<string, Known<S>>,
    whose: (state: S) => { readonly userId: string },
  ): Generator<ChangedThing<S>> {
    for (const [id, known] of all) {
      if (!known.last) continue;
      const { userId } = whose(known.last.state);
      const changes = known.takeChanges();
      const before = this.#times.get(userId) ?? Number.NEGATIVE_INFINITY;
      const hasSameInstant =
        this.#erased.has(userId) || (changes.cut?.at ?? Number.POSITIVE_INFINITY) <= before;
      yield { userId, id, changes, hasSameInstant };
    }
  }
}

/** @param isStored whether the table has rows of it, which then are not read */
function knownOf<S>(all: Map<string, Known<S>>, id: string, isStored: boolean): Known<S> {
  const known = all.get(id) ?? (isStored ? Known.unread<S>() : new Known<S>());
  all.set(id, known);
  return known;
}
