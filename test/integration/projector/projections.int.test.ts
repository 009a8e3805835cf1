import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storedTerms } from '../../../shared/events/schemas/terms.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { type Author, instant, newId, TERMS } from './author.ts';
import { createSystem, projected, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const one = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows[0];
const userRow = (user: Author) => one('SELECT * FROM read_model.users WHERE user_id = $1', user.userId);
const subscriptionRow = (id: string) =>
  one('SELECT * FROM read_model.subscriptions WHERE subscription_id = $1', id);
const licenseRow = (id: string) => one('SELECT * FROM read_model.licenses WHERE license_id = $1', id);
const DAY = 86_400_000;

/** Something that changes no row but the user's, to wait for. */
const touch = async (user: Author) => {
  const { userId } = user;
  const position = await user.append({
    type: 'PasswordChanged',
    data: { userId, personal: { passwordHash: 'x' } },
  });
  await projected(system, position);
  return position;
};

describe('read models', () => {
  test('a user made by staff: name, their external id, an email that is verified, changed, and erased', async () => {
    const user = system.author();
    const { userId, email } = user;
    const emailDigest = 'd'.repeat(64);
    await user.append({
      type: 'UserAdded',
      data: { userId, emailDigest, externalId: 'cus_1', personal: { email, name: 'Ada' } },
    });
    await user.append({ type: 'EmailVerified', data: { userId, emailDigest } });
    await touch(user);
    const known = { status: 'active', name: 'Ada', external_id: 'cus_1' };
    expect(await userRow(user)).toMatchObject({ ...known, email, email_verified: true });
    await user.append({
      type: 'EmailChanged',
      data: { userId, emailDigest: 'e'.repeat(64), personal: { email: 'b@example.com' } },
    });
    await touch(user);
    expect(await userRow(user)).toMatchObject({ ...known, email: 'b@example.com', email_verified: false });
    await user.append({ type: 'UserErased', data: { userId, emailBlocked: false } });
    await touch(user);
    expect(await userRow(user)).toMatchObject({
      ...{ status: 'erased', email: null, email_verified: false, name: null, external_id: null },
    });
  });

  test('a user signs up, subscribes and activates a client', async () => {
    const user = system.author();
    await user.signUp();
    const subscriptionId = await user.subscribe('pro');
    const licenseId = await user.activate('laptop', 'My laptop');
    const position = await touch(user);
    expect(await userRow(user)).toMatchObject({
      email: user.email,
      status: 'active',
      subscription_id: subscriptionId,
      credentials_revision: '3',
      revision: '3',
      ended_token_ids: {},
      position_commit: position.split('/')[0],
      position_prepare: position.split('/')[1],
    });
    expect(await subscriptionRow(subscriptionId)).toMatchObject({
      user_id: user.userId,
      plan_type: 'pro',
      terms: storedTerms(TERMS),
      status: 'active',
    });
    expect(await licenseRow(licenseId)).toMatchObject({
      user_id: user.userId,
      subscription_id: subscriptionId,
      client_id: 'laptop',
      client_name: 'My laptop',
      status: 'active',
    });
    expect(await one('SELECT sum(activations)::int AS n FROM read_model.activations_by_day')).toEqual({
      n: 1,
    });
  });

  test('times are the times of the events, and never go back for one user', async () => {
    const user = system.author();
    await user.signUp();
    const before = await user.encode({
      type: 'PasswordChanged',
      data: { userId: user.userId, personal: { passwordHash: 'x' } },
    });
    await user.appendRaw({
      ...before,
      metadata: { ...before.metadata, decidedAt: '2001-01-01T00:00:00.000Z' },
    });
    await touch(user);
    const row = await userRow(user);
    expect(row.updated_at.getTime()).toBeGreaterThanOrEqual(row.created_at.getTime());
  });

  test('a suspension and a cancellation are two facts; a renewal takes back the cancellation alone', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const subscriptionId = await user.subscribe();
    const change = (type: 'SubscriptionSuspended' | 'SubscriptionReinstated') =>
      user.append({ type, data: { userId, subscriptionId, personal: {} } });
    const endDate = instant(Date.now() + 10 * DAY);
    await change('SubscriptionSuspended');
    await user.append({
      type: 'SubscriptionCancelled',
      data: { userId, subscriptionId, endDate, personal: {} },
    });
    await touch(user);
    expect(await subscriptionRow(subscriptionId)).toMatchObject({ status: 'suspended', cancelled: true });
    await change('SubscriptionReinstated');
    await touch(user);
    expect(await subscriptionRow(subscriptionId)).toMatchObject({
      status: 'cancelled',
      end_date: new Date(endDate),
    });
    const later = instant(Date.now() + 40 * DAY);
    await user.append({ type: 'SubscriptionRenewed', data: { userId, subscriptionId, endDate: later } });
    await touch(user);
    expect(await subscriptionRow(subscriptionId)).toMatchObject({
      status: 'active',
      end_date: new Date(later),
    });
  });

  test('a plan is changed; the subscription that counts is the one started last', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const first = await user.subscribe('pro', Date.now() - 700 * DAY, Date.now() - 400 * DAY);
    const second = await user.subscribe('basic');
    const terms = { ...TERMS, maxClients: 3 };
    await user.append({
      type: 'SubscriptionPlanChanged',
      data: { product: 'app', quantity: 1, userId, subscriptionId: first, plan: 'free', terms },
    });
    await touch(user);
    expect(await userRow(user)).toMatchObject({ subscription_id: second });
    expect(await subscriptionRow(first)).toMatchObject({ plan_type: 'free', terms: storedTerms(terms) });
  });

  test('a subscription whose id does not name its start date is found again', async () => {
    const user = system.author();
    const { userId } = user;
    const subscriptionId = randomUUID();
    await user.signUp();
    const data = { userId, subscriptionId, plan: 'pro', terms: TERMS, externalId: 'crm-1' };
    await user.append({
      type: 'SubscriptionStarted',
      data: {
        product: 'app',
        quantity: 1,
        trial: false,
        ...data,
        startDate: instant(0),
        endDate: instant(DAY),
      },
    });
    await touch(user);
    await user.append({
      type: 'SubscriptionRenewed',
      data: { userId, subscriptionId, endDate: instant(9 * DAY) },
    });
    await touch(user);
    expect(await subscriptionRow(subscriptionId)).toMatchObject({
      end_date: new Date(9 * DAY),
      external_id: 'crm-1',
    });
  });

  test('a client that was deactivated activates again within one batch', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const licenseId = await user.activate('desk');
    const again = newId();
    const license = { userId, clientId: 'desk', personal: {} };
    await user.append(
      { type: 'LicenseDeactivated', data: { ...license, licenseId } },
      {
        type: 'LicenseActivated',
        data: { product: 'app', ...license, licenseId: again, subscriptionId: newId() },
      },
      { type: 'LicenseRevoked', data: { ...license, licenseId: again } },
      { type: 'LicenseReinstated', data: { ...license, licenseId: again } },
      { type: 'LicenseRevoked', data: { ...license, licenseId: again } },
    );
    await touch(user);
    expect(await licenseRow(licenseId)).toMatchObject({ status: 'deactivated' });
    expect(await licenseRow(again)).toMatchObject({ status: 'revoked' });
  });

  test('a license key counts the clients that it has activated, until it is revoked', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const [bounded, unbounded] = [newId(), newId()];
    const issued = { userId, product: 'app', keyDigest: '0'.repeat(64), personal: {} };
    const expiresAt = instant(Date.now() + DAY);
    const activated = (clientId: string, keyId: string, keyUses: number): NewUserEvent => {
      const license = { licenseId: newId(), subscriptionId: newId(), clientId };
      const data = { userId, product: 'app', ...license, keyId, keyUses, personal: {} };
      return { type: 'LicenseActivated', data };
    };
    const keyRow = (id: string) => one('SELECT * FROM read_model.license_keys WHERE key_id = $1', id);
    await user.append(
      { type: 'LicenseKeyIssued', data: { ...issued, keyId: bounded, uses: 2, expiresAt } },
      { type: 'LicenseKeyIssued', data: { ...issued, keyId: unbounded, imported: true } },
      activated('one', bounded, 1),
    );
    await touch(user);
    expect(await keyRow(bounded)).toMatchObject({
      user_id: userId,
      product: 'app',
      imported: false,
      uses: 2,
      used: 1,
      uses_left: 1,
      expires_at: new Date(expiresAt),
      status: 'good',
    });
    await user.append(activated('two', bounded, 2), activated('three', unbounded, 1));
    await touch(user);
    expect(await keyRow(bounded)).toMatchObject({ used: 2, uses_left: 0, status: 'used_up' });
    const row = await keyRow(unbounded);
    expect(row).toMatchObject({ imported: true, uses: null, used: 1, uses_left: null, status: 'good' });
    await user.append({ type: 'LicenseKeyRevoked', data: { userId, keyId: bounded, personal: {} } });
    await touch(user);
    expect(await keyRow(bounded)).toMatchObject({ used: 2, revoked: true, status: 'revoked' });
    expect((await keyRow(bounded)).updated_at > row.created_at).toBe(true);
  });

  test('what names a license key that its user does not have is parked, and has changed nothing', async () => {
    const [user, other] = [system.author(), system.author()];
    await Promise.all([user.signUp(), other.signUp()]);
    const keyId = newId();
    const issued = { userId: other.userId, product: 'app', keyDigest: '0'.repeat(64), personal: {} };
    await other.append({ type: 'LicenseKeyIssued', data: { ...issued, keyId } });
    const license = { licenseId: newId(), subscriptionId: newId(), clientId: 'one' };
    const { userId } = user;
    const data = { userId, product: 'app', ...license, keyId, keyUses: 1, personal: {} };
    await user.append({ type: 'LicenseActivated', data });
    await touch(other);
    await expect
      .poll(() => one('SELECT cause FROM read_model.parked_events WHERE user_id = $1', userId))
      .toEqual({ cause: 'its user has no such license key' });
    expect(await licenseRow(license.licenseId)).toBeUndefined();
  });

  test('logged-out tokens are kept until they expire', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const logOut = (tokenId: string, expiresAt: string) =>
      user.append({ type: 'LoggedOut', data: { userId, tokenId, expiresAt } });
    const running = randomUUID();
    await logOut(randomUUID(), instant(Date.now() - 1));
    await logOut(running, instant(Date.now() + DAY));
    await touch(user);
    expect(Object.keys((await userRow(user)).ended_token_ids)).toEqual([running]);
  });

  test('an address released by one user belongs to another, in whatever order it is seen', async () => {
    const [first, second] = [system.author(), system.author()];
    const { userId } = second;
    await first.signUp();
    const taken = {
      userId,
      emailDigest: '0'.repeat(64),
      personal: { email: first.email, passwordHash: 'x' },
    };
    await second.append({ type: 'UserSignedUp', data: taken });
    await first.erase();
    await touch(second);
    expect(await userRow(first)).toMatchObject({ email: null, status: 'erased' });
    expect(await userRow(second)).toMatchObject({ email: first.email });
  });
});
