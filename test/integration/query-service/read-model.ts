import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { migrateReadModel } from '../../../projector/schemas/migrate.ts';
import { migrate, readMigrations } from '../../../shared/adapters/postgres/migrate.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { findPlan } from '../../../shared/catalogue/catalogue.ts';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import { uuidv7 } from '../../../shared/ids.ts';

const catalogue = readCatalogue();

export interface LicensedUser {
  readonly userId: string;
  readonly subscriptionId: string;
  readonly licenseId: string;
  readonly clientId: string;
  readonly email: string;
  /** The position of the activation, which is the user's last event. */
  readonly position: string;
}

export interface UserOptions {
  readonly plan?: string;
  readonly startDate?: Date;
  readonly endDate?: Date;
}

/** Writes read-model rows the way the projector does: rows, the user's position and the checkpoint at once. */
export class ReadModel {
  readonly #pool: Pool;
  #position = 1_000;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async create(): Promise<void> {
    await migrateReadModel(this.#pool, 'read_model', false);
    const usage = path.resolve(import.meta.dirname, '../../../projector/schemas/migrations/usage');
    await migrate({ pool: this.#pool, schema: 'usage', migrations: await readMigrations(usage) });
    await this.#pool.query(
      "INSERT INTO read_model.checkpoints (name, generation, position_commit, position_prepare) VALUES ('direct', 0, 1000, 1000)",
    );
  }

  get checkpoint(): string {
    return `${this.#position}/${this.#position}`;
  }

  /** The position that the next change will have. */
  get next(): string {
    return `${this.#position + 1}/${this.#position + 1}`;
  }

  async addUser(options: UserOptions = {}): Promise<LicensedUser> {
    const now = Date.now();
    const startDate = options.startDate ?? new Date(now - DAY_MS);
    const endDate = options.endDate ?? new Date(now + 30 * DAY_MS);
    const plan = options.plan ?? 'pro';
    const id = (at: number) => uuidv7(at, randomBytes(10));
    const user = { userId: id(now), licenseId: id(now), subscriptionId: id(startDate.getTime()) };
    const terms = findPlan(catalogue, 'app', plan)?.terms;
    const email = `${user.userId}@example.com`;
    const clientId = `client-${user.licenseId}`;
    const position = this.#move();
    await this.#pool.query(
      `INSERT INTO read_model.users (user_id, email, status, subscription_id, subscription_start_date,
         credentials_revision, ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at)
       VALUES ($1, $2, 'active', $3, $4, 0, '{}', 2, $5, $5, $6, $6)`,
      [user.userId, email, user.subscriptionId, startDate, position, new Date(now)],
    );
    await this.#pool.query(
      `INSERT INTO read_model.subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled,
         start_date, end_date, external_id, created_at, updated_at)
       VALUES ($1, $2, $3, $4, false, false, $5, $6, $7, $8, $8)`,
      [
        user.subscriptionId,
        user.userId,
        plan,
        terms,
        startDate,
        endDate,
        `ext-${user.userId}`,
        new Date(now),
      ],
    );
    await this.#pool.query(
      `INSERT INTO read_model.licenses (license_id, user_id, subscription_id, client_id, client_name, status,
         activated_at, created_at, updated_at)
       VALUES ($1, $2, $3, $4, 'A laptop', 'active', $5, $5, $5)`,
      [user.licenseId, user.userId, user.subscriptionId, clientId, new Date(now)],
    );
    await this.#moveCheckpoint();
    return { ...user, clientId, email, position: `${position}/${position}` };
  }

  /** Changes columns of the user's subscription, in one transaction with the positions. Answers the new position. */
  suspend = (user: LicensedUser) =>
    this.#change(
      user,
      'UPDATE read_model.subscriptions SET suspended = true WHERE user_id = $1',
      user.userId,
    );
  reinstate = (user: LicensedUser) =>
    this.#change(
      user,
      'UPDATE read_model.subscriptions SET suspended = false WHERE user_id = $1',
      user.userId,
    );
  revoke = (user: LicensedUser) =>
    this.#change(
      user,
      "UPDATE read_model.licenses SET status = 'revoked' WHERE license_id = $1",
      user.licenseId,
    );
  deactivate = (user: LicensedUser) =>
    this.#change(
      user,
      "UPDATE read_model.licenses SET status = 'deactivated' WHERE license_id = $1",
      user.licenseId,
    );
  erase = (user: LicensedUser) =>
    this.#change(
      user,
      "UPDATE read_model.users SET status = 'erased', email = NULL WHERE user_id = $1",
      user.userId,
    );
  /** An event of the user that changes nothing in the rows. */
  touch = (user: LicensedUser) => this.#change(user, 'SELECT $1::uuid', user.userId);

  /** An event of nobody in particular. */
  async advance(): Promise<void> {
    this.#move();
    await this.#moveCheckpoint();
  }

  /** The last event of the user can't be projected: the checkpoint passes it, the user's position does not. */
  async park(user: Pick<LicensedUser, 'userId'>): Promise<string> {
    const position = this.#move();
    await this.#pool.query(
      `INSERT INTO read_model.parked_events (event_id, user_id, stream, revision, position_commit, position_prepare,
         type, cause, attempts, mark, created_at)
       VALUES (gen_random_uuid(), $1, 'user-' || $1::uuid, 3, $2, $2, 'LicenseActivated', 'test', 3, 'parked', now())`,
      [user.userId, position],
    );
    await this.#moveCheckpoint();
    return `${position}/${position}`;
  }

  async query(sql: string, values: unknown[] = []): Promise<void> {
    await this.#pool.query(sql, values);
  }

  async #change(user: LicensedUser, sql: string, id: string): Promise<string> {
    const position = this.#move();
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(sql, [id]);
      await client.query(
        'UPDATE read_model.users SET position_commit = $2, position_prepare = $2, revision = revision + 1 WHERE user_id = $1',
        [user.userId, position],
      );
      await client.query(
        "UPDATE read_model.checkpoints SET position_commit = $1, position_prepare = $1 WHERE name = 'direct'",
        [position],
      );
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    return `${position}/${position}`;
  }

  #move(): number {
    this.#position += 1;
    return this.#position;
  }

  async #moveCheckpoint(): Promise<void> {
    await this.#pool.query(
      "UPDATE read_model.checkpoints SET position_commit = $1, position_prepare = $1 WHERE name = 'direct'",
      [this.#position],
    );
  }
}
