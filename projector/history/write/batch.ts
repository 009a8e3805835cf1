import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { Subscription, SubscriptionEvent } from '../../../shared/read-model/fold/subscription.ts';
import type { User } from '../../../shared/read-model/fold/user.ts';
import type { HistoryBatch } from '../../write/batch/history.ts';
import type { DecodedEvent } from '../../write/decode.ts';
import { type Cause, causeOf } from '../intervals/cause.ts';
import { type CustomerState, customerAfter } from '../intervals/customer.ts';
import { type Ended, type Interval, Known } from '../intervals/interval.ts';
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
import { isSubscriptionEvent, wantedStates, wantedWhole } from './wanted.ts';

type Happened = Omit<Taken, 'after'>;

/** What is here of one customer's. */
interface Theirs {
  readonly subscriptions: string[];
  readonly licenses: string[];
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
  #erasures: Erasure[] = [];
  #terms = new SoldTerms();
  /** The fold's rows before the batch. */
  readonly #stored = new Map<string, Subscription>();
  /** What held just before the batch's first change of subscriptions that were not read. */
  readonly #edges = new Map<string, Before>();
  /** When the last event of each customer was, before the batch. */
  readonly #times = new Map<string, number>();
  /** Customers who are erased. */
  readonly #erased = new Set<string>();
  readonly #theirs = new Map<string, Theirs>();
  /** What has changed since finished rows were written last. */
  readonly #touched = {
    subscriptions: new Set<Known<SubscriptionState>>(),
    licenses: new Set<Known<LicenseState>>(),
  };
  readonly #events: 'once' | 'in_parts';

  /** @param events whether all are given at once, so that it is known how far back they reach */
  constructor(events: 'once' | 'in_parts') {
    this.#events = events;
  }

  async load(db: Queryable, events: readonly DecodedEvent[], rows: Rows): Promise<void> {
    for (const { userId, recorded } of events) {
      const user = rows.user(userId);
      if (user && !this.#times.has(userId)) this.#times.set(userId, user.updatedAt);
      if (!isSubscriptionEvent(recorded.event)) continue;
      const { subscriptionId: id } = recorded.event.data;
      const stored = this.#subscriptions.has(id) ? undefined : rows.subscription(id);
      if (stored) this.#stored.set(id, stored);
    }
    const { subscriptions, erased } =
      this.#events === 'once' ? wantedStates(events, rows) : wantedWhole(events, this.#stored);
    for (const userId of erased.keys()) this.#erased.add(userId);
    const ofErased = await loadSubscriptionsOf(db, erased);
    // These second: they may reach further back.
    this.#add([...ofErased, ...(await loadSubscriptionStates(db, subscriptions))]);
    const customers = [...erased.keys()].filter((userId) => !this.#customers.has(userId));
    for (const [userId, known] of await loadCustomers(db, customers)) this.#customers.set(userId, known);
  }

  #add(loaded: readonly (readonly [string, Known<SubscriptionState>])[]): void {
    for (const [id, known] of new Map(loaded)) {
      if (this.#subscriptions.has(id)) continue;
      this.#subscriptions.set(id, known);
      const { userId } = (known.last as Interval<SubscriptionState>).state.subscription;
      this.#theirsOf(userId).subscriptions.push(id);
    }
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
      if (after) {
        const known = this.#customers.get(userId) ?? new Known();
        this.#customers.set(userId, known);
        known.holds(at, after);
      }
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
    const stored = this.#stored.get(id);
    if (stored && !this.#subscriptions.has(id)) this.#edges.set(id, beforeAt(stored, customerErased, at));
    const known = this.#subscriptionOf(userId, id, stored !== undefined);
    const after = rows.subscription(id) as Subscription;
    takeSubscriptionEvent(known, event, metadata, { ...taken, after, before: this.#edges.get(id) });
  }

  #takeLicense(license: License, { at, cause, customerErased }: Happened, isStored: boolean): void {
    const state = { license, customerErased, cause };
    const known = this.#licenseOf(license, isStored);
    known.holds(at, customerErased ? erasedLicense(state, cause) : state);
  }

  #erase(userId: string, at: number, cause: Cause): void {
    const { subscriptions, licenses } = this.#theirsOf(userId);
    for (const id of subscriptions) eraseSubscription(this.#subscriptionOf(userId, id, true), at, cause);
    for (const id of licenses) {
      const known = this.#licenses.get(id) as Known<LicenseState>;
      this.#touched.licenses.add(known);
      known.holds(at, erasedLicense(known.last?.state as LicenseState, cause));
    }
    this.#erasures.push({ userId, at, cause, except: [...licenses] });
  }

  #theirsOf(userId: string): Theirs {
    const theirs = this.#theirs.get(userId) ?? { subscriptions: [], licenses: [] };
    this.#theirs.set(userId, theirs);
    return theirs;
  }

  #subscriptionOf(userId: string, id: string, isStored: boolean): Known<SubscriptionState> {
    const known = this.#subscriptions.get(id) ?? newKnown<SubscriptionState>(isStored);
    if (!this.#subscriptions.has(id)) this.#theirsOf(userId).subscriptions.push(id);
    this.#subscriptions.set(id, known);
    this.#touched.subscriptions.add(known);
    return known;
  }

  #licenseOf({ userId, licenseId: id }: License, isStored: boolean): Known<LicenseState> {
    const known = this.#licenses.get(id) ?? newKnown<LicenseState>(isStored);
    if (!this.#licenses.has(id)) this.#theirsOf(userId).licenses.push(id);
    this.#licenses.set(id, known);
    this.#touched.licenses.add(known);
    return known;
  }

  async saveFinished(client: PoolClient): Promise<void> {
    const { subscriptions, licenses } = this.#touched;
    await subscriptionStates.add(client, pastOf(subscriptions));
    await licenseStates.add(client, pastOf(licenses));
    // A customer's row changes only when they are erased, and is read then.
    await customers.write(
      client,
      this.#changed(this.#customers, (state) => state),
    );
    this.#customers.clear();
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
    this.#erasures = [];
    this.#terms = new SoldTerms();
    this.#touched.subscriptions.clear();
    this.#touched.licenses.clear();
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
const newKnown = <S>(isStored: boolean): Known<S> => (isStored ? Known.unread<S>() : new Known<S>());

function* pastOf<S>(touched: Set<Known<S>>): Generator<Ended<S>> {
  for (const known of touched) yield* known.takePast();
  touched.clear();
}
