import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AddUserRequest } from '../../../../command-service/execute/requests.ts';
import { createCodec } from '../../../../shared/events/codec.ts';
import { freeze, kill } from '../freeze.ts';
import { codeOf, done, keyed, type Node, newEmail, OPERATOR, signUp } from '../nodes.ts';
import { backend, one, other } from '../two-nodes.ts';

const request = (more: Partial<AddUserRequest> = {}): AddUserRequest => ({
  caller: OPERATOR,
  correlationId: 'test',
  ...more,
});
const newId = () => `cus_${randomUUID()}`;
const holders = async (stream: string) => (await backend.stream(stream)).map(({ data }) => data.userId);
const emailHolders = async (email: string) => holders(`email-${await one.vault.emailDigest(email)}`);
const externalHolders = async (id: string) =>
  holders(`external-${await one.vault.reservationDigest('external', 'user', id)}`);
const logIn = (node: Node, email: string, password = 'a password') =>
  node.logIn({ email, password, correlationId: 'test' });

describe('a user made by staff', () => {
  it('is reserved by external id and email, then begins, and can not log in yet', async () => {
    const [email, externalId] = [newEmail(), newId()];
    const outcome = done(await one.addUser(request({ email, externalId, name: 'Ada' })));
    expect(outcome).toMatchObject({ changed: true, revision: 0, subject: { kind: 'profile' } });
    expect(await externalHolders(externalId)).toEqual([outcome.userId]);
    expect(await emailHolders(email)).toEqual([outcome.userId]);
    if (outcome.subject.kind !== 'profile') throw new Error('no profile');
    expect(await other.openProfile(outcome.userId, outcome.subject.profile)).toEqual({ email, name: 'Ada' });
    expect(codeOf(await logIn(other, email))).toBe('invalid_credentials');
    expect(codeOf(await other.signUp({ email, password: 'a password', correlationId: 'test' }))).toBe(
      'email_taken',
    );
  });

  it('is the same user again under the external id, unchanged, also once erased', async () => {
    const externalId = newId();
    const first = done(await one.addUser(request({ externalId, name: 'Ada' })));
    const again = done(await other.addUser(request({ externalId, name: 'Eve', email: newEmail() })));
    expect(again).toMatchObject({ userId: first.userId, changed: false, subject: first.subject });
    const { userId } = first;
    done(await one.erase({ userId, caller: OPERATOR, correlationId: 'test' }));
    expect(done(await other.addUser(request({ externalId })))).toMatchObject({
      userId,
      changed: false,
      subject: { profile: { status: 'erased' } },
    });
  });

  it('is refused for an email that is taken, and leaves nothing reserved', async () => {
    const { email } = await signUp(one);
    const externalId = newId();
    expect(codeOf(await one.addUser(request({ email })))).toBe('email_taken');
    expect(codeOf(await one.addUser(request({ email: email.toUpperCase(), externalId })))).toBe(
      'email_taken',
    );
    expect(await externalHolders(externalId)).toEqual([]);
  });

  it('is made once of many who ask at once on two nodes', async () => {
    const [email, externalId] = [newEmail(), newId()];
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => [one, other][n % 2]?.addUser(request({ email, externalId }))),
    );
    const users = new Set(outcomes.map((outcome) => outcome && done(outcome).userId));
    expect(users.size).toBe(1);
    const [userId] = users;
    expect(await backend.types(`user-${userId}`)).toEqual(['UserAdded']);
    expect(await externalHolders(externalId)).toEqual([userId]);
    expect(await emailHolders(email)).toEqual([userId]);
  });

  it('with a name alone is told apart by the command: repeated under its key it is the same user', async () => {
    const sent = request({ name: 'Ada', ...keyed(randomUUID(), { name: 'Ada' }, 'POST /v1/users') });
    const first = done(await one.addUser(sent));
    expect(done(await other.addUser(sent))).toEqual({ ...first, repeated: true });
    expect(done(await one.addUser(request({ name: 'Ada' }))).userId).not.toBe(first.userId);
  });

  it('with a name alone is the same user under the key also when the command is no longer remembered', async () => {
    const sent = request({ name: 'Ada', ...keyed(randomUUID(), { name: 'Ada' }, 'POST /v1/users') });
    const { userId, subject } = done(await one.addUser(sent));
    const late = backend.node();
    late.now = () => Date.now() + 25 * 3_600_000;
    expect(done(await late.addUser(sent))).toMatchObject({ userId, subject, changed: false });
  });

  it('repeated under its key has one effect with an email, too', async () => {
    const email = newEmail();
    const sent = request({ email, ...keyed(randomUUID(), { email }, 'POST /v1/users') });
    const first = done(await one.addUser(sent));
    expect(done(await other.addUser(sent))).toEqual({ ...first, repeated: true });
  });

  it('is not made at level 1, and nothing is reserved', async () => {
    const node = backend.node({ codec: createCodec({ writeLevel: 1, vault: one.vault }) });
    const [email, externalId] = [newEmail(), newId()];
    await expect(node.addUser(request({ email, externalId }))).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
    expect([...(await externalHolders(externalId)), ...(await emailHolders(email))]).toEqual([]);
  });
});

/** The reservations are made in this order: of the external id, then of the email. */
const CUTS = [
  ['reserve.before', 1],
  ['reserve.after', 1],
  ['reserve.before', 2],
  ['reserve.after', 2],
  ['append.before', 1],
  ['append.after', 1],
] as const;

describe.each(CUTS)('a node that stops making a user at %s (%i)', (point, time) => {
  it('for ever: the next try makes the user, once', async () => {
    const killed = backend.node();
    const [email, externalId] = [newEmail(), newId()];
    kill(killed, point, time);
    await expect(killed.addUser(request({ email, externalId }))).rejects.toThrow('killed');
    const { userId } = done(await other.addUser(request({ email, externalId })));
    expect(await backend.types(`user-${userId}`)).toEqual(['UserAdded']);
    expect(await externalHolders(externalId)).toEqual([userId]);
    expect(await emailHolders(email)).toEqual([userId]);
  });

  it('for a while: both answer with one user', async () => {
    const slow = backend.node();
    const [email, externalId] = [newEmail(), newId()];
    const frozen = freeze(slow, point, time);
    const late = slow.addUser(request({ email, externalId }));
    await frozen.arrived;
    const quick = done(await other.addUser(request({ email, externalId })));
    frozen.release();
    expect(done(await late).userId).toBe(quick.userId);
    expect(await backend.types(`user-${quick.userId}`)).toEqual(['UserAdded']);
    expect(await emailHolders(email)).toEqual([quick.userId]);
  });
});

describe('an email that was reserved for a user who was never made', () => {
  it('by staff is completed by who signs up with it', async () => {
    const killed = backend.node();
    kill(killed, 'reserve.after');
    const email = newEmail();
    await expect(killed.addUser(request({ email }))).rejects.toThrow('killed');
    const { userId } = await signUp(other, email);
    expect(await emailHolders(email)).toEqual([userId]);
  });

  it.each([
    ['who signs up', undefined],
    ['staff under another external id', newId()],
  ])('by staff and completed by %s is not the user of the first external id', async (_, second) => {
    const killed = backend.node();
    kill(killed, 'reserve.after', 2);
    const [email, externalId] = [newEmail(), newId()];
    await expect(killed.addUser(request({ email, externalId }))).rejects.toThrow('killed');
    if (second === undefined) await signUp(other, email);
    else done(await other.addUser(request({ email, externalId: second })));
    expect(codeOf(await one.addUser(request({ email, externalId })))).toBe('email_taken');
    expect(codeOf(await one.addUser(request({ externalId })))).toBe('external_id_taken');
  });

  it('by a sign-up is completed by staff, under an external id, too', async () => {
    const killed = backend.node();
    kill(killed, 'reserve.after');
    const [email, externalId] = [newEmail(), newId()];
    await expect(signUp(killed, email)).rejects.toThrow('killed');
    const { userId } = done(await other.addUser(request({ email, externalId })));
    expect(await emailHolders(email)).toEqual([userId]);
    expect(await externalHolders(externalId)).toEqual([userId]);
  });
});
