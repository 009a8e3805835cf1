import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { applyEvent, type Rows } from '../../../shared/read-model/fold/apply.ts';
import { timeOf } from '../../../shared/read-model/fold/event.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { LicenseKey } from '../../../shared/read-model/fold/license-key.ts';
import type { Subscription } from '../../../shared/read-model/fold/subscription.ts';
import { skipEvent, type User } from '../../../shared/read-model/fold/user.ts';
import type { DecodedEvent } from '../decode.ts';
import { addActivations } from '../projections/activations-by-day.ts';
import { loadLicenseKeys, saveLicenseKeys } from '../projections/license-keys.ts';
import { loadLicenses, saveLicenses } from '../projections/licenses.ts';
import { loadSubscriptions, saveSubscriptions } from '../projections/subscriptions.ts';
import { loadUsers, saveUsers } from '../projections/users.ts';
import { BatchRows } from './batch-rows.ts';
import { type ChangedViews, ViewChanges } from './changed-views.ts';
import type { HistoryBatch, HistoryTables } from './history.ts';
import { referredRows } from './referred-rows.ts';

/**
 * The rows that a batch is about: loaded with one statement a table, folded in memory, written with one statement a
 * table. Only what the events need is loaded, so a batch that only adds reads nothing but its users.
 */
export class BatchState implements Rows {
  readonly #users = new BatchRows<User>(({ userId }) => userId);
  readonly #subscriptions = new BatchRows<Subscription>(({ subscriptionId }) => subscriptionId);
  readonly #licenses = new BatchRows<License>(({ licenseId }) => licenseId);
  readonly #licenseKeys = new BatchRows<LicenseKey>(({ keyId }) => keyId);
  /** By days since 1970, UTC. */
  readonly #activations = new Map<number, number>();
  readonly #erased = new Set<string>();
  #views = new ViewChanges();
  readonly #history: HistoryBatch | undefined;

  /** With no rows so far: see {@link BatchState.read}. */
  constructor(history: HistoryBatch | undefined) {
    this.#history = history;
  }

  /** Loads the rows that these events change, once, before any is applied. */
  static async load(
    db: Queryable,
    events: readonly DecodedEvent[],
    history?: HistoryTables,
  ): Promise<BatchState> {
    const state = new BatchState(history?.batch());
    await state.read(db, events);
    return state;
  }

  /** Loads those of the rows that these events change that are not here yet. */
  async read(db: Queryable, events: readonly DecodedEvent[]): Promise<void> {
    const users = new Set(events.map(({ userId }) => userId));
    this.#users.load(await loadUsers(db, missing(users, this.#users)));
    // A duplicate is not applied, so it needs nothing; and it makes no row that a later event could rely on.
    const fresh = events.filter(
      ({ userId, recorded }) => recorded.revision > (this.user(userId)?.revision ?? -1),
    );
    const wanted = referredRows(fresh, this);
    this.#subscriptions.load(await loadSubscriptions(db, missing(wanted.subscriptions, this.#subscriptions)));
    this.#licenses.load(await loadLicenses(db, missing(wanted.licenses, this.#licenses)));
    this.#licenseKeys.load(await loadLicenseKeys(db, missing(wanted.licenseKeys, this.#licenseKeys)));
    await this.#history?.load(db, fresh, this);
  }

  /** How many rows it holds. */
  get size(): number {
    return this.#users.size + this.#subscriptions.size + this.#licenses.size + this.#licenseKeys.size;
  }

  user(userId: string): User | undefined {
    return this.#users.get(userId);
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
    this.#users.set(user);
  }

  setSubscription(subscription: Subscription): void {
    this.#subscriptions.set(subscription);
  }

  setLicense(license: License): void {
    this.#licenses.set(license);
  }

  setLicenseKey(key: LicenseKey): void {
    this.#licenseKeys.set(key);
  }

  get erased(): readonly string[] {
    return [...this.#erased];
  }

  /** Applies the next event of its user. @throws ProjectionFault nothing was changed */
  apply(decoded: DecodedEvent): void {
    if (decoded.fault) throw decoded.fault;
    const { type } = decoded.recorded.event;
    const at = applyEvent(this, decoded);
    if (type === 'LicenseActivated') this.#countActivation(Math.floor(at / DAY_MS));
    else if (type === 'UserErased') this.#erased.add(decoded.userId);
    this.#views.applied(decoded);
    this.#history?.applied(decoded, at, this);
  }

  /** Leaves an event out: its user has seen it, and nothing else changes. */
  skip(decoded: DecodedEvent): void {
    const before = this.user(decoded.userId);
    this.setUser(skipEvent(before, decoded, timeOf(decoded, before)));
    this.touch(decoded.userId);
  }

  /** The user's view changed, by more than its rows. */
  touch(userId: string): void {
    this.#views.touch(userId);
  }

  /** Writes everything that changed. */
  async save(client: PoolClient): Promise<void> {
    await saveUsers(client, this.#users.toSave());
    await saveSubscriptions(client, this.#subscriptions.toSave());
    await saveLicenses(client, this.#licenses.toSave());
    await saveLicenseKeys(client, this.#licenseKeys.toSave());
    await addActivations(client, this.#activations);
    await this.#history?.save(client);
  }

  /** Everything was written: what is changed from here on is to be written again. */
  saved(): void {
    for (const rows of [this.#users, this.#subscriptions, this.#licenses, this.#licenseKeys]) rows.saved();
    this.#activations.clear();
    this.#erased.clear();
    this.#views = new ViewChanges();
  }

  /** Writes what no later event changes. */
  async saveFinished(client: PoolClient): Promise<void> {
    await this.#history?.saveFinished(client);
  }

  /**
   * The views of what changed, from the rows as they were written: nobody has to be asked for them, so they get to Redis
   * also when PostgreSQL goes down right after the commit.
   * @param loadedAt when the transaction began, by PostgreSQL's clock
   */
  changedViews(loadedAt: number): ChangedViews {
    return this.#views.viewsFrom(this, this.#licenses.changed(), loadedAt);
  }

  #countActivation(day: number): void {
    this.#activations.set(day, (this.#activations.get(day) ?? 0) + 1);
  }
}

const missing = <T>(ids: Iterable<string>, rows: BatchRows<T>): string[] =>
  Array.from(ids).filter((id) => !rows.has(id));
