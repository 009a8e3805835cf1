import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../../../shared/event-log/event-log.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { type Author, instant, newId, TERMS } from '../projector/author.ts';
import { allRows, projected, type System } from '../projector/system.ts';

export type Rows = Record<string, Record<string, unknown>[]>;

/** A moment of a history: its time, and what the live read models held just then. */
export interface Moment {
  readonly name: string;
  readonly at: number;
  readonly rows: Rows;
}

const DAY = 86_400_000;

/** Appends an event that was decided at a time of the test's choosing. */
export async function appendAt(user: Author, at: number, event: NewUserEvent): Promise<void> {
  const encoded: NewEvent = await user.encode(event);
  await user.appendRaw({
    ...encoded,
    id: randomUUID(),
    metadata: { ...encoded.metadata, decidedAt: instant(at) },
  });
}

/** Two customers and a third who takes the first one's address: what is done when, as a test tells it. */
export async function knownHistory(system: System) {
  const [anna, ben] = [system.author(), system.author()];
  const cleo = system.author(newId(), anna.email);
  const start = Date.now() - 600_000;
  const moments: Moment[] = [];
  let step = 0;
  /** Everything of one moment has one time, unless an event says another. */
  const moment = async (name: string, ...events: (readonly [Author, NewUserEvent, number?])[]) => {
    const at = start + 1_000 * step++;
    for (const [user, event, time = at] of events) await appendAt(user, time, event);
    await projected(system, await endOf(system));
    moments.push({ name, at, rows: (await allRows(system)) as Rows });
    return at;
  };
  const signUp = (user: Author): NewUserEvent => ({
    type: 'UserSignedUp',
    data: {
      userId: user.userId,
      emailDigest: '0'.repeat(64),
      personal: { email: user.email, passwordHash: 'x' },
    },
  });
  const subscribe = (user: Author, subscriptionId: string, plan: string): NewUserEvent => ({
    type: 'SubscriptionStarted',
    data: {
      product: 'app',
      quantity: 1,
      trial: false,
      ...{ userId: user.userId, subscriptionId, plan, terms: TERMS },
      startDate: instant(start - DAY),
      endDate: instant(start + 30 * DAY),
    },
  });
  const activate = (user: Author, licenseId: string, clientId: string): NewUserEvent => ({
    type: 'LicenseActivated',
    data: {
      product: 'app',
      ...{ userId: user.userId, licenseId, clientId, subscriptionId: pro },
      personal: { clientName: `${clientId} of somebody` },
    },
  });
  const pro = newId(start - DAY);
  const basic = newId(start - DAY + 1);
  const [desk, phone, laptop] = [newId(start), newId(start + 1), newId(start + 2)];
  const { userId } = anna;
  await moment('the first signs up', [anna, signUp(anna)]);
  await moment('two at one time', [ben, signUp(ben)], [anna, subscribe(anna, pro, 'pro')]);
  await moment('activations, in turns', [anna, activate(anna, desk, 'desk')]);
  await moment('the other one', [ben, subscribe(ben, basic, 'basic')], [ben, activate(ben, phone, 'phone')]);
  await moment('a second client', [anna, activate(anna, laptop, 'laptop')]);
  const license = { userId, licenseId: desk, clientId: 'desk', personal: { reason: 'lost' } };
  await moment('revoked', [anna, { type: 'LicenseRevoked', data: license }]);
  const subscription = { userId, subscriptionId: pro, personal: {} };
  await moment('suspended', [anna, { type: 'SubscriptionSuspended', data: subscription }]);
  await moment('ended', [
    anna,
    { type: 'SubscriptionCancelled', data: { ...subscription, endDate: instant(start + 7_500) } },
  ]);
  await moment('erased', [anna, { type: 'UserErased', data: { userId, emailBlocked: false } }]);
  await system.vault.applyErasures([userId]);
  await moment('her address is taken', [cleo, signUp(cleo)]);
  const out = { userId: ben.userId, tokenId: randomUUID(), expiresAt: instant(start + 2 * DAY) };
  const password = { userId: ben.userId, personal: { passwordHash: 'y' } };
  // What a node decided whose clock was behind is not before the user's last event, whatever it claims.
  await moment(
    'a clock behind',
    [ben, { type: 'PasswordChanged', data: password }],
    [ben, { type: 'LoggedOut', data: out }, start + 1_500],
  );
  return { anna, ben, cleo, start, moments, ids: { pro, basic, desk, laptop, phone } };
}

/** The log's end, as a position. */
export async function endOf(system: Pick<System, 'log'>): Promise<string> {
  for await (const { position } of system.log.readAll({ direction: 'backwards', limit: 1 })) {
    return `${position.commit}/${position.prepare}`;
  }
  throw new Error('the log is empty');
}

/** The rows without what only the vault's key opens. */
export const withoutPersonal = (rows: Rows): Rows => ({
  ...rows,
  users: (rows.users ?? []).map((row) => ({ ...row, email: null })),
  licenses: (rows.licenses ?? []).map((row) => ({ ...row, client_name: null })),
});
