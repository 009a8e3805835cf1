import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../shared/calendar.ts';
import { formatPosition } from '../../shared/event-log/position.ts';
import type { UserEvent } from '../../shared/events/types.ts';
import type { CachedViews } from '../../shared/read-model/cached-views.ts';
import { applyEvent, type Rows } from '../../shared/read-model/fold/apply.ts';
import { timeOf } from '../../shared/read-model/fold/event.ts';
import type { License } from '../../shared/read-model/fold/license.ts';
import type { LicenseKey } from '../../shared/read-model/fold/license-key.ts';
import type { Subscription } from '../../shared/read-model/fold/subscription.ts';
import { skipEvent, type User } from '../../shared/read-model/fold/user.ts';
import { licenseViewOf, userViewOf } from '../../shared/read-model/fold/views.ts';
import type { LicenseView, UserView } from '../../shared/read-model/views.ts';
import type { DecodedEvent } from './decode.ts';
import { addActivations } from './projections/activations-by-day.ts';
import { loadLicenseKeys, saveLicenseKeys } from './projections/license-keys.ts';
import { eraseClientNames, loadLicenses, saveLicenses } from './projections/licenses.ts';
import { loadSubscriptions, saveSubscriptions } from './projections/subscriptions.ts';
import { loadUsers, saveUsers } from './projections/users.ts';

/** The views that a batch changed, for caches and notices. */
export interface ChangedViews {
  readonly views: CachedViews;
  /** Of the users' views, those that differ from what they were: the others are only to be there when they are asked for. */
  readonly changedUsers: ReadonlySet<string>;
  /** Users whose views the batch's rows don't say: they are to be loaded. */
  readonly load: ReadonlySet<string>;
}

/** Whether an event of this type changes its user's view. */
const CHANGES_USER_VIEW: Readonly<Record<UserEvent['type'], boolean>> = {
  UserSignedUp: true,
  UserAdded: true,
  UserErased: true,
  SubscriptionStarted: true,
  SubscriptionRenewed: true,
  SubscriptionPlanChanged: true,
  SubscriptionSuspended: true,
  SubscriptionReinstated: true,
  SubscriptionCancelled: true,
  SubscriptionCancellationWithdrawn: true,
  // With ten thousand clients these are most events: a notice of each would have every node read the user again.
  LicenseActivated: false,
  LicenseDeactivated: false,
  LicenseRevoked: false,
  LicenseReinstated: false,
  LicenseKeyIssued: false,
  LicenseKeyRevoked: false,
  PasswordResetIssued: false,
  PasswordChanged: false,
  EmailVerified: false,
  EmailChanged: false,
  LoggedOut: false,
  SessionsEnded: false,
};

/**
 * The rows that a batch is about: loaded with one statement a table, folded in memory, written with one statement a
 * table. Only what the events need is loaded, so a batch that only adds reads nothing but its users.
 */
export class BatchState implements Rows {
  readonly #users = new Map<string, User>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #licenses = new Map<string, License>();
  readonly #licenseKeys = new Map<string, LicenseKey>();
  readonly #changedUsers = new Set<string>();
  readonly #changedSubscriptions = new Set<string>();
  readonly #changedLicenses = new Set<string>();
  readonly #changedLicenseKeys = new Set<string>();
  /** By days since 1970, UTC. */
  readonly #activations = new Map<number, number>();
  readonly #erased = new Set<string>();
  readonly #changedUserViews = new Set<string>();
  /** Users of new licenses, which will be asked for next. */
  readonly #activated = new Set<string>();
  /** By more than their rows: whether an event of theirs is parked. */
  readonly #usersToLoad = new Set<string>();

  /** Loads the rows that these events change, once, before any is applied. */
  static async load(db: Queryable, events: readonly DecodedEvent[]): Promise<BatchState> {
    const state = new BatchState();
    for (const user of await loadUsers(
      db,
      distinct(events, ({ userId }) => userId),
    )) {
      state.#users.set(user.userId, user);
    }
    // A duplicate is not applied, so it needs nothing; and it makes no row that a later event could rely on.
    const fresh = events.filter(
      ({ userId, recorded }) => recorded.revision > (state.user(userId)?.revision ?? -1),
    );
    const wanted = referredRows(fresh, state);
    for (const found of await loadSubscriptions(db, wanted.subscriptions)) {
      state.#subscriptions.set(found.subscriptionId, found);
    }
    for (const found of await loadLicenses(db, wanted.licenses)) state.#licenses.set(found.licenseId, found);
    for (const found of await loadLicenseKeys(db, wanted.licenseKeys))
      state.#licenseKeys.set(found.keyId, found);
    return state;
  }

  user(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  /**
   * The views of what changed, from the rows as they were written: nobody has to be asked for them, so they get to Redis
   * also when PostgreSQL goes down right after the commit.
   * @param loadedAt when the transaction began, by PostgreSQL's clock
   */
  changedViews(loadedAt: number): ChangedViews {
    const users = new Map<string, UserView>();
    const load = new Set(this.#usersToLoad);
    for (const id of this.#changedUserViews.union(this.#activated)) {
      const view = load.has(id) ? undefined : this.#userView(this.#users.get(id) as User, loadedAt);
      if (view) users.set(id, view);
      else load.add(id);
    }
    const licenses = new Map<string, LicenseView>();
    for (const license of pick(this.#licenses, this.#changedLicenses)) {
      const { position } = this.#users.get(license.userId) as User;
      licenses.set(license.licenseId, licenseViewOf(license, formatPosition(position), loadedAt));
    }
    const changedUsers = this.#changedUserViews.union(this.#usersToLoad);
    return { views: { users, licenses }, changedUsers, load };
  }

  /** Undefined where a subscription that counts is none of the batch's rows. */
  #userView(user: User, loadedAt: number): UserView | undefined {
    const counting: Subscription[] = [];
    for (const { id } of Object.values(user.counting)) {
      const subscription = this.#subscriptions.get(id);
      if (!subscription) return undefined;
      counting.push(subscription);
    }
    return userViewOf(user, counting, formatPosition(user.position), loadedAt);
  }

  get erased(): readonly string[] {
    return [...this.#erased];
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
    this.#users.set(user.userId, user);
    this.#changedUsers.add(user.userId);
  }

  setSubscription(subscription: Subscription): void {
    this.#subscriptions.set(subscription.subscriptionId, subscription);
    this.#changedSubscriptions.add(subscription.subscriptionId);
  }

  setLicense(license: License): void {
    this.#licenses.set(license.licenseId, license);
    this.#changedLicenses.add(license.licenseId);
  }

  setLicenseKey(key: LicenseKey): void {
    this.#licenseKeys.set(key.keyId, key);
    this.#changedLicenseKeys.add(key.keyId);
  }

  /** Applies the next event of its user. @throws ProjectionFault nothing was changed */
  apply(decoded: DecodedEvent): void {
    if (decoded.fault) throw decoded.fault;
    const { type } = decoded.recorded.event;
    const at = applyEvent(this, decoded);
    if (type === 'LicenseActivated') {
      this.#countActivation(Math.floor(at / DAY_MS));
      this.#activated.add(decoded.userId);
    } else if (type === 'UserErased') this.#erased.add(decoded.userId);
    if (CHANGES_USER_VIEW[type]) this.#changedUserViews.add(decoded.userId);
  }

  /** Leaves an event out: its user has seen it, and nothing else changes. */
  skip(decoded: DecodedEvent): void {
    const before = this.#users.get(decoded.userId);
    this.setUser(skipEvent(before, decoded, timeOf(decoded, before)));
    this.touch(decoded.userId);
  }

  /** The user's view changed, by more than its rows. */
  touch(userId: string): void {
    this.#usersToLoad.add(userId);
  }

  /** Writes everything that changed. */
  async save(db: Queryable): Promise<void> {
    await saveUsers(db, pick(this.#users, this.#changedUsers));
    await saveSubscriptions(db, pick(this.#subscriptions, this.#changedSubscriptions));
    await saveLicenses(db, pick(this.#licenses, this.#changedLicenses));
    await saveLicenseKeys(db, pick(this.#licenseKeys, this.#changedLicenseKeys));
    await addActivations(db, this.#activations);
    await eraseClientNames(db, this.erased);
  }

  #countActivation(day: number): void {
    this.#activations.set(day, (this.#activations.get(day) ?? 0) + 1);
  }
}

const distinct = <T>(items: readonly T[], key: (item: T) => string): string[] => [...new Set(items.map(key))];

/** The rows that events name, or are compared with, without having made them themselves. */
function referredRows(events: readonly DecodedEvent[], rows: Rows) {
  const made = new Set<string>();
  const subscriptions = new Set<string>();
  const licenses = new Set<string>();
  const licenseKeys = new Set<string>();
  for (const { recorded } of events) {
    const { event } = recorded;
    if (event.type === 'SubscriptionStarted') {
      made.add(event.data.subscriptionId);
      const counting = rows.user(event.data.userId)?.counting[event.data.product];
      if (counting) subscriptions.add(counting.id);
    } else if (event.type === 'LicenseKeyIssued') made.add(event.data.keyId);
    else if (event.type === 'LicenseActivated') {
      made.add(event.data.licenseId);
      if (event.data.replaces !== undefined) licenses.add(event.data.replaces);
      if (event.data.keyId !== undefined) licenseKeys.add(event.data.keyId);
    } else if ('licenseId' in event.data) licenses.add(event.data.licenseId);
    else if ('keyId' in event.data) licenseKeys.add(event.data.keyId);
    else if ('subscriptionId' in event.data) subscriptions.add(event.data.subscriptionId);
  }
  return {
    subscriptions: [...subscriptions.difference(made)],
    licenses: [...licenses.difference(made)],
    licenseKeys: [...licenseKeys.difference(made)],
  };
}

function* pick<T>(rows: ReadonlyMap<string, T>, ids: ReadonlySet<string>): Generator<T> {
  for (const id of ids) yield rows.get(id) as T;
}
