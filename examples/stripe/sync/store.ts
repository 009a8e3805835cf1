import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** A customer to bring up to date, held by one worker at a time. */
export interface Claim {
  readonly customer: string;
  /** Which delivery it is about: one that came later is not worked off by it. */
  readonly version: string;
  readonly attempts: number;
}

export interface Parked {
  readonly customer: string;
  readonly since: Date;
  readonly reasons: readonly string[];
}

/** Who the customer is in the License System, and how far its log was when this service last changed them. */
export interface Known {
  readonly userId: string;
  readonly position: string | null;
}

/**
 * How a cause stands: about to suspend; suspended by this service; or met a suspension of somebody else's, which is then
 * theirs to lift. A cause that is known suspends once: what staff reinstate stays reinstated.
 */
export type CauseState = 'due' | 'ours' | 'theirs';

/** A worker that has died lets go after this long. */
const CLAIM_MS = 10 * 60_000;

const TABLES = `
CREATE TABLE IF NOT EXISTS due (
  customer TEXT PRIMARY KEY, version TEXT NOT NULL, at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS due_at ON due (at);
CREATE TABLE IF NOT EXISTS parked (customer TEXT PRIMARY KEY, since INTEGER NOT NULL, reasons TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS known (customer TEXT PRIMARY KEY, user_id TEXT NOT NULL, position TEXT) STRICT;
CREATE TABLE IF NOT EXISTS causes (
  subscription TEXT NOT NULL, cause TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (subscription, cause)
) STRICT;
CREATE TABLE IF NOT EXISTS told (subscription TEXT PRIMARY KEY) STRICT;
`;

/**
 * What this service must not forget, in a file of SQLite that the service and a reconciliation share. A customer who is
 * due is due once, however many deliveries said so.
 */
export class Store {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 10_000 });
    this.#db.exec('PRAGMA journal_mode = WAL');
    this.#db.exec(TABLES);
  }

  close(): void {
    this.#db.close();
  }

  /** The customer may have changed. Durable when it returns. */
  due(customer: string, now = Date.now()): void {
    this.#db
      .prepare(
        `INSERT INTO due (customer, version, at) VALUES (?, ?, ?)
         ON CONFLICT (customer) DO UPDATE SET version = excluded.version, at = min(at, excluded.at)`,
      )
      .run(customer, randomUUID(), now);
  }

  /** Whom nobody else is working at: the one who has waited longest, or the one named, whose turn it need not be. */
  claim(customer: string | null = null, now = Date.now()): Claim | undefined {
    return this.#db
      .prepare(
        `UPDATE due SET claimed_until = $until WHERE customer = (
           SELECT customer FROM due
           WHERE claimed_until <= $now AND (customer = $customer OR ($customer IS NULL AND at <= $now))
           ORDER BY at LIMIT 1
         ) RETURNING customer, version, attempts`,
      )
      .get({ $until: now + CLAIM_MS, $now: now, $customer: customer }) as Claim | undefined;
  }

  /** It is worked off, unless another delivery has come meanwhile. */
  done({ customer, version }: Claim, reasons: readonly string[], now = Date.now()): void {
    this.#db.prepare('DELETE FROM due WHERE customer = ? AND version = ?').run(customer, version);
    this.#db.prepare('UPDATE due SET claimed_until = 0, attempts = 0 WHERE customer = ?').run(customer);
    if (reasons.length === 0) this.#db.prepare('DELETE FROM parked WHERE customer = ?').run(customer);
    else
      this.#db
        .prepare(
          `INSERT INTO parked (customer, since, reasons) VALUES (?, ?, ?)
           ON CONFLICT (customer) DO UPDATE SET reasons = excluded.reasons`,
        )
        .run(customer, now, JSON.stringify(reasons));
  }

  later({ customer }: Claim, at: number): void {
    this.#db
      .prepare('UPDATE due SET claimed_until = 0, attempts = attempts + 1, at = ? WHERE customer = ?')
      .run(at, customer);
  }

  isDue(customer: string): boolean {
    return this.#db.prepare('SELECT 1 FROM due WHERE customer = ?').get(customer) !== undefined;
  }

  dueCount(): number {
    return Number(this.#db.prepare('SELECT count(*) AS count FROM due').get()?.count);
  }

  parked(): readonly Parked[] {
    const rows = this.#db.prepare('SELECT customer, since, reasons FROM parked ORDER BY since').all();
    return rows.map(({ customer, since, reasons }) => ({
      customer: String(customer),
      since: new Date(Number(since)),
      reasons: JSON.parse(String(reasons)),
    }));
  }

  known(customer: string): Known | undefined {
    return this.#db
      .prepare('SELECT user_id AS userId, position FROM known WHERE customer = ?')
      .get(customer) as Known | undefined;
  }

  learn(customer: string, { userId, position }: Known): void {
    this.#db
      .prepare(
        `INSERT INTO known (customer, user_id, position) VALUES (?, ?, ?)
         ON CONFLICT (customer) DO UPDATE SET user_id = excluded.user_id, position = excluded.position`,
      )
      .run(customer, userId, position);
  }

  forget(customer: string): void {
    this.#db.prepare('DELETE FROM known WHERE customer = ?').run(customer);
  }

  causes(subscription: string): ReadonlyMap<string, CauseState> {
    const rows = this.#db.prepare('SELECT cause, state FROM causes WHERE subscription = ?').all(subscription);
    return new Map(rows.map(({ cause, state }) => [String(cause), state as CauseState]));
  }

  setCause(subscription: string, cause: string, state: CauseState): void {
    this.#db
      .prepare(
        `INSERT INTO causes (subscription, cause, state) VALUES (?, ?, ?)
         ON CONFLICT (subscription, cause) DO UPDATE SET state = excluded.state`,
      )
      .run(subscription, cause, state);
  }

  dropCause(subscription: string, cause: string): void {
    this.#db.prepare('DELETE FROM causes WHERE subscription = ? AND cause = ?').run(subscription, cause);
  }

  /** Whether Stripe cancels because this service told it that the customer had cancelled here. */
  wasTold(subscription: string): boolean {
    return this.#db.prepare('SELECT 1 FROM told WHERE subscription = ?').get(subscription) !== undefined;
  }

  setTold(subscription: string, told: boolean): void {
    const sql = told ? 'INSERT OR IGNORE INTO told VALUES (?)' : 'DELETE FROM told WHERE subscription = ?';
    this.#db.prepare(sql).run(subscription);
  }
}
