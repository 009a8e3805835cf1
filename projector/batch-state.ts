import type { Queryable } from '../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../shared/calendar.ts';
import type { DecodedEvent } from './decode.ts';
import { addActivations } from './projections/activations-by-day.ts';
import {
  eraseClientNames,
  type License,
  loadLicenses,
  projectLicense,
  saveLicenses,
} from './projections/licenses.ts';
import {
  loadSubscriptions,
  projectSubscription,
  type Subscription,
  saveSubscriptions,
} from './projections/subscriptions.ts';
import { loadUsers, passOver, projectUser, saveUsers, type User } from './projections/users.ts';

/** What a batch touched, for caches and notices. */
export interface Touched {
  readonly users: ReadonlySet<string>;
  readonly licenses: ReadonlySet<string>;
}

/**
 * The rows that a batch is about: loaded with one statement a table, folded in memory, written with one statement a
 * table. Only what the events need is loaded, so a batch that only adds reads nothing but its users.
 */
export class BatchState {
  readonly #users = new Map<string, User>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #licenses = new Map<string, License>();
  readonly #changedUsers = new Set<string>();
  readonly #changedSubscriptions = new Set<string>();
  readonly #changedLicenses = new Set<string>();
  /** By days since 1970, UTC. */
  readonly #activations = new Map<number, number>();
  readonly #erased = new Set<string>();
  readonly #touchedUsers = new Set<string>();

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
    const wanted = referredRows(fresh);
    for (const found of await loadSubscriptions(db, wanted.subscriptions)) {
      state.#subscriptions.set(found.subscriptionId, found);
    }
    for (const found of await loadLicenses(db, wanted.licenses)) state.#licenses.set(found.licenseId, found);
    return state;
  }

  user(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  get touched(): Touched {
    return { users: this.#touchedUsers, licenses: this.#changedLicenses };
  }

  get erased(): readonly string[] {
    return [...this.#erased];
  }

  /** Applies the next event of its user. @throws ProjectionFault nothing was changed */
  apply(decoded: DecodedEvent): void {
    if (decoded.fault) throw decoded.fault;
    const { event } = decoded.recorded;
    const before = this.#users.get(decoded.userId);
    const at = timeOf(decoded, before);
    const user = projectUser(before, decoded, at);
    switch (event.type) {
      case 'SubscriptionStarted':
      case 'SubscriptionRenewed':
      case 'SubscriptionPlanChanged':
      case 'SubscriptionSuspended':
      case 'SubscriptionReinstated':
      case 'SubscriptionCancelled': {
        const { subscriptionId } = event.data;
        const after = projectSubscription(this.#subscriptions.get(subscriptionId), event, at);
        this.#subscriptions.set(subscriptionId, after);
        this.#changedSubscriptions.add(subscriptionId);
        break;
      }
      case 'LicenseActivated':
      case 'LicenseDeactivated':
      case 'LicenseRevoked':
      case 'LicenseReinstated': {
        const { licenseId } = event.data;
        const { clientName } = decoded.personal;
        this.#licenses.set(licenseId, projectLicense(this.#licenses.get(licenseId), event, clientName, at));
        this.#changedLicenses.add(licenseId);
        if (event.type === 'LicenseActivated') this.#countActivation(Math.floor(at / DAY_MS));
        break;
      }
      case 'UserErased':
        this.#erased.add(decoded.userId);
        break;
      case 'UserSignedUp':
      case 'PasswordChanged':
      case 'LoggedOut':
        break;
      default:
        event satisfies never;
    }
    this.#setUser(user);
    // A change of a license alone leaves the user's view as it was: with ten thousand clients that is most events.
    if (!isLicense(event.type)) this.touch(decoded.userId);
  }

  /** Lets an event go: its user has seen it, and nothing else changes. */
  passOver(decoded: DecodedEvent): void {
    const before = this.#users.get(decoded.userId);
    this.#setUser(passOver(before, decoded, timeOf(decoded, before)));
    this.touch(decoded.userId);
  }

  /** The user's view changed, by more than its rows. */
  touch(userId: string): void {
    this.#touchedUsers.add(userId);
  }

  /** Writes everything that changed. */
  async save(db: Queryable): Promise<void> {
    await saveUsers(db, pick(this.#users, this.#changedUsers));
    await saveSubscriptions(db, pick(this.#subscriptions, this.#changedSubscriptions));
    await saveLicenses(db, pick(this.#licenses, this.#changedLicenses));
    await addActivations(db, this.#activations);
    await eraseClientNames(db, this.erased);
  }

  #setUser(user: User): void {
    this.#users.set(user.userId, user);
    this.#changedUsers.add(user.userId);
  }

  #countActivation(day: number): void {
    this.#activations.set(day, (this.#activations.get(day) ?? 0) + 1);
  }
}

/** An event's time, never before the user's last one: the clocks of two command nodes may differ. */
const timeOf = (decoded: DecodedEvent, user: User | undefined): number =>
  Math.max(decoded.recorded.created.getTime(), user?.updatedAt ?? 0);

const isLicense = (type: string): boolean => type.startsWith('License');

const distinct = <T>(items: readonly T[], key: (item: T) => string): string[] => [...new Set(items.map(key))];

/** The subscriptions and licenses that events name without having made them themselves. */
function referredRows(events: readonly DecodedEvent[]) {
  const made = new Set<string>();
  const subscriptions = new Set<string>();
  const licenses = new Set<string>();
  for (const { recorded } of events) {
    const { event } = recorded;
    if (event.type === 'SubscriptionStarted') made.add(event.data.subscriptionId);
    else if (event.type === 'LicenseActivated') made.add(event.data.licenseId);
    else if ('licenseId' in event.data) licenses.add(event.data.licenseId);
    else if ('subscriptionId' in event.data) subscriptions.add(event.data.subscriptionId);
  }
  return { subscriptions: [...subscriptions.difference(made)], licenses: [...licenses.difference(made)] };
}

function* pick<T>(rows: ReadonlyMap<string, T>, ids: ReadonlySet<string>): Generator<T> {
  for (const id of ids) yield rows.get(id) as T;
}
