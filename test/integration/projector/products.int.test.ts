import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProjectorService } from '../../../projector/app.ts';
import { readModelMigrations } from '../../../projector/schemas/migrate.ts';
import { migrate } from '../../../shared/adapters/postgres/migrate.ts';
import type { Actor } from '../../../shared/events/metadata.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { eventually } from '../../support/eventually.ts';
import { loadPair } from '../../support/views.ts';
import { type Author, instant, newId, TERMS } from './author.ts';
import { inStep } from './customers.ts';
import { createSystem, projected, type System } from './system.ts';

let system: System;
let projector: ProjectorService;
beforeAll(async () => {
  system = await createSystem();
  projector = await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const DAY = 86_400_000;
const one = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows[0];

interface Started {
  readonly product?: string;
  readonly trial?: boolean;
  readonly startDate?: number;
  readonly endDate?: number;
}

/** The event of a start, and the id that it gives. */
function starting(user: Author, options: Started = {}): { id: string; event: NewUserEvent } {
  const {
    product = 'app',
    trial = false,
    startDate = Date.now() - DAY,
    endDate = startDate + 30 * DAY,
  } = options;
  const id = newId(startDate);
  const dates = { startDate: instant(startDate), endDate: instant(endDate) };
  const bought = { product, plan: 'pro', terms: TERMS, quantity: 1, trial };
  const data = { userId: user.userId, subscriptionId: id, ...bought, ...dates };
  return { id, event: { type: 'SubscriptionStarted', data } };
}

const cancelling = (user: Author, subscriptionId: string, endDate: number): NewUserEvent => ({
  type: 'SubscriptionCancelled',
  data: { userId: user.userId, subscriptionId, endDate: instant(endDate), personal: {} },
});

const activating = (user: Author, product: string, subscriptionId: string) => {
  const licenseId = newId();
  const { userId } = user;
  const data = { userId, licenseId, subscriptionId, product, clientId: 'laptop', personal: {} };
  return { licenseId, event: { type: 'LicenseActivated', data } satisfies NewUserEvent };
};

async function appendBy(user: Author, role: Actor['role'], event: NewUserEvent): Promise<void> {
  const encoded = await user.encode(event);
  await user.appendRaw({ ...encoded, metadata: { ...encoded.metadata, actor: { role, id: 'them' } } });
}

async function signedUp(): Promise<Author> {
  const user = system.author();
  await user.signUp();
  return user;
}

describe('products', () => {
  test('have a subscription each that counts, and a client has a license for each', async () => {
    const user = await signedUp();
    const [app, pdf] = [starting(user), starting(user, { product: 'pdf', trial: true })];
    const [first, second] = [activating(user, 'app', app.id), activating(user, 'pdf', pdf.id)];
    await projected(system, await user.append(app.event, pdf.event, first.event, second.event));
    const row = await one('SELECT * FROM read_model.users WHERE user_id = $1', user.userId);
    const start = new Date(
      Date.parse(pdf.event.type === 'SubscriptionStarted' ? pdf.event.data.startDate : ''),
    );
    expect(row).toMatchObject({ subscription_id: app.id, counting: { pdf: { id: pdf.id } } });
    expect(row.counting.pdf.start).toBe(start.toISOString());
    // The views that the batch made of its rows are the views that are loaded.
    for (const { licenseId } of [first, second]) await inStep(system, user, licenseId);
    const { license, user: view } = await loadPair(system.pool, second.licenseId, user.userId);
    expect(license.license).toMatchObject({ product: 'pdf', clientId: 'laptop' });
    expect(view.user?.subscriptions).toMatchObject({
      app: { subscriptionId: app.id, trial: false },
      pdf: { subscriptionId: pdf.id, trial: true, startDate: start.getTime(), terms: { maxClients: 10 } },
    });
  });

  test('one without the first product has a view too, in a later batch as well', async () => {
    const user = await signedUp();
    const pdf = starting(user, { product: 'pdf' });
    await user.append(pdf.event);
    const { licenseId, event } = activating(user, 'pdf', pdf.id);
    await projected(system, await user.append(event));
    await inStep(system, user, licenseId);
    const suspended: NewUserEvent = {
      type: 'SubscriptionSuspended',
      data: { userId: user.userId, subscriptionId: pdf.id, personal: {} },
    };
    await projected(system, await user.append(suspended));
    const { user: view } = await loadPair(system.pool, licenseId, user.userId);
    expect(view.user?.subscriptions).toMatchObject({ pdf: { suspended: true } });
    expect(Object.keys(view.user?.subscriptions ?? {})).toEqual(['pdf']);
    await inStep(system, user, licenseId);
  });
});

describe('which of a product counts', () => {
  const counting = async (user: Author) =>
    (await one('SELECT subscription_id FROM read_model.users WHERE user_id = $1', user.userId))
      .subscription_id;

  test('what was sold before and is entered late takes no place; of what is over it is what ended last', async () => {
    const user = await signedUp();
    const current = starting(user);
    const past = starting(user, { startDate: Date.now() - 700 * DAY, endDate: Date.now() - 400 * DAY });
    // In a batch of its own: the one that counts is read for it.
    await projected(system, await user.append(current.event));
    await projected(system, await user.append(past.event));
    expect(await counting(user)).toBe(current.id);
    const other = await signedUp();
    const later = starting(other, { startDate: Date.now() - 300 * DAY, endDate: Date.now() - 200 * DAY });
    const earlier = starting(other, { startDate: Date.now() - 700 * DAY, endDate: Date.now() - 400 * DAY });
    await projected(system, await other.append(later.event, earlier.event));
    expect(await counting(other)).toBe(later.id);
  });

  test('a paid plan in place of a trial, in one append', async () => {
    const user = await signedUp();
    const trial = starting(user, { trial: true });
    await projected(system, await user.append(trial.event));
    const paid = starting(user, { startDate: Date.now() });
    const position = await user.append(cancelling(user, trial.id, Date.now()), paid.event);
    await projected(system, position);
    expect(await counting(user)).toBe(paid.id);
  });
});

test('who cancelled is kept until the cancellation is withdrawn', async () => {
  const user = await signedUp();
  const { id, event } = starting(user);
  await user.append(event);
  const cancelled = cancelling(user, id, Date.now() + DAY);
  const by = () =>
    one('SELECT cancelled_by AS by FROM read_model.subscriptions WHERE subscription_id = $1', id);
  await appendBy(user, 'user', cancelled);
  await eventually('the customer did', async () => (await by())?.by === 'user');
  await appendBy(user, 'operator', cancelled);
  await eventually('staff did', async () => (await by()).by === 'staff');
  const data = { userId: user.userId, subscriptionId: id };
  await projected(system, await user.append({ type: 'SubscriptionCancellationWithdrawn', data }));
  expect(await by()).toEqual({ by: null });
});

test('who cancelled is filled in where the release before did not say it', async () => {
  const rows = await Promise.all(
    (['user', 'operator'] as const).map(async (role) => {
      const user = await signedUp();
      const { id, event } = starting(user);
      await user.append(event);
      await appendBy(user, role, cancelling(user, id, Date.now() + DAY));
      const { userId } = user;
      await projected(system, await user.append({ type: 'SessionsEnded', data: { userId } }));
      return { id, by: role === 'user' ? 'user' : 'staff' };
    }),
  );
  const ids = rows.map(({ id }) => id);
  await projector.stop();
  await system.pool.query('UPDATE read_model.subscriptions SET cancelled_by = NULL');
  projector = await system.project();
  const filled =
    'SELECT subscription_id AS id, cancelled_by AS by FROM read_model.subscriptions WHERE subscription_id = ANY ($1)';
  await eventually('it is filled in', async () => {
    const found = (await system.pool.query(filled, [ids])).rows;
    return isDeepStrictEqual(new Set(found), new Set(rows));
  });
});

test('rows of the release before are counted as from now on', async () => {
  const schema = 'as_of_release_before';
  const migrations = await readModelMigrations();
  const upTo = (last: string) => migrations.filter(({ name }) => name < last);
  await migrate({ pool: system.pool, schema, migrations: upTo('0007') });
  const now = Date.now();
  const add = async (
    userId: string,
    id: string,
    [start, end, created]: readonly [number, number, number],
  ) => {
    const dates = [start, end, created].map((days) => new Date(now + days * DAY));
    await system.pool.query(
      `INSERT INTO ${schema}.subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date,
         end_date, created_at, updated_at) VALUES ($1, $2, 'pro', $3, false, false, $4, $5, $6, $6)`,
      [id, userId, TERMS, ...dates],
    );
    await system.pool.query(
      `INSERT INTO ${schema}.users (user_id, status, subscription_id, subscription_start_date, credentials_revision,
         ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at)
       VALUES ($1, 'active', $2, $3, 0, '{}', 1, 1, 1, now(), now())
       ON CONFLICT (user_id) DO UPDATE SET subscription_id = $2, subscription_start_date = $3`,
      [userId, id, dates[0]],
    );
  };
  // Each: start, end and the day of its entry, in days from now, in the order of entry; then which counts.
  const users: readonly [readonly (readonly [number, number, number])[], number][] = [
    [[[-100, -50, -100]], 0],
    // Renewed by a new one.
    [
      [
        [-100, -50, -100],
        [-10, 20, -10],
      ],
      1,
    ],
    // Past ones that were entered late, the later one first.
    [
      [
        [-300, -200, -40],
        [-700, -400, -30],
      ],
      0,
    ],
    [
      [
        [-700, -400, -40],
        [-300, -200, -30],
      ],
      1,
    ],
    // Entered after one that ran, and ended after it: it counts; or before it: it doesn't.
    [
      [
        [-500, -400, -500],
        [-395, -300, -10],
      ],
      1,
    ],
    [
      [
        [-500, -300, -500],
        [-700, -600, -10],
      ],
      0,
    ],
    // What came before the last one that ran does not count, whenever it ended.
    [
      [
        [-300, -200, -150],
        [-900, -800, -120],
        [-100, -90, -100],
      ],
      2,
    ],
  ];
  const expected = new Map<string, string>();
  for (const [subscriptions, counts] of users) {
    const userId = newId();
    const ids = subscriptions.map(([start]) => newId(now + start * DAY));
    for (const [i, dates] of subscriptions.entries()) await add(userId, ids[i] as string, dates);
    expected.set(userId, ids[counts] as string);
  }
  // As many others as would take minutes, were each user's looked for among all.
  await system.pool.query(
    `INSERT INTO ${schema}.subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date,
       end_date, created_at, updated_at)
     SELECT gen_random_uuid(), user_id, 'pro', $1, false, false, at, at + interval '10 days', at, at
     FROM (SELECT gen_random_uuid() AS user_id FROM generate_series(1, 20000)) AS users
     CROSS JOIN generate_series('2024-01-01Z', '2024-03-01Z', interval '1 month') AS at`,
    [TERMS],
  );
  await migrate({ pool: system.pool, schema, migrations });
  const { rows } = await system.pool.query(
    `SELECT u.user_id, s.subscription_id FROM ${schema}.users u
     JOIN ${schema}.subscriptions s ON s.subscription_id = u.subscription_id AND s.start_date = u.subscription_start_date`,
  );
  const counted = new Map(rows.map((row) => [row.user_id, row.subscription_id]));
  expect(isDeepStrictEqual(counted, expected)).toBe(true);
});
