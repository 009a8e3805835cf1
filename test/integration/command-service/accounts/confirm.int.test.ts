import { describe, expect, it } from 'vitest';
import { createCodec } from '../../../../shared/events/codec.ts';
import { emailVerificationToken } from '../../../../shared/tokens/one-time.ts';
import {
  type Customer,
  codeOf,
  done,
  keyed,
  type Node,
  newEmail,
  OPERATOR,
  signUp,
  subscribe,
} from '../nodes.ts';
import { backend, one, other } from '../two-nodes.ts';

const correlationId = 'test';
const DAY = 86_400_000;
const logIn = (node: Node, email: string, password = 'a password') =>
  node.logIn({ email, password, correlationId });

/** What staff hand out. */
async function issue(node: Node, userId: string, more = {}): Promise<string> {
  const command = { type: 'IssuePasswordReset' } as const;
  const { subject } = done(await node.execute({ userId, caller: OPERATOR, correlationId, command, ...more }));
  if (subject.kind !== 'reset') throw new Error(`a ${subject.kind} was answered`);
  return node.passwordResetToken({ userId, resetId: subject.resetId });
}
const confirm = (node: Node, token: string, newPassword = 'a new password', more = {}) =>
  node.confirmPassword({ token, newPassword, correlationId, ...more });

describe('a one-time token to set a password by', () => {
  it('lets in whom staff made, and ends the sessions of who had a password', async () => {
    const email = newEmail();
    const { userId } = done(await one.addUser({ email, caller: OPERATOR, correlationId }));
    expect(codeOf(await confirm(other, await issue(one, userId)))).toBe('done');
    expect(codeOf(await logIn(one, email, 'a new password'))).toBe('done');
    const customer = await subscribe(one);
    done(await confirm(other, await issue(one, customer.userId)));
    const activate = { type: 'ActivateClient', clientId: 'a' } as const;
    expect(codeOf(await one.execute(customer.request(activate)))).toBe('token_ended');
  });

  it('works once, on any node, also for many at once', async () => {
    const { userId, email } = await signUp(one);
    const token = await issue(one, userId);
    const passwords = Array.from({ length: 8 }, (_, n) => `new password ${n}`);
    const outcomes = await Promise.all(
      passwords.map((password, n) => confirm(n % 2 ? one : other, token, password)),
    );
    const codes = outcomes.map(codeOf);
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(codes.filter((code) => code === 'one_time_token_invalid')).toHaveLength(7);
    expect(codeOf(await logIn(one, email, passwords[codes.indexOf('done')]))).toBe('done');
  });

  it('ends after a day, and with another password or email', async () => {
    const customer = await signUp(one);
    const { userId, caller, password } = customer;
    const late = backend.node();
    late.now = () => Date.now() + DAY;
    expect(codeOf(await confirm(late, await issue(one, userId)))).toBe('one_time_token_invalid');
    const overtaken = await issue(one, userId);
    const email = newEmail();
    done(await other.changeEmail({ userId, caller: OPERATOR, email, correlationId }));
    expect(codeOf(await confirm(one, overtaken))).toBe('one_time_token_invalid');
    const second = await issue(one, userId);
    const change = { userId, caller, password, newPassword: 'another password', correlationId };
    done(await other.changePassword(change));
    expect(codeOf(await confirm(one, second))).toBe('one_time_token_invalid');
    done(await one.erase({ userId, caller: OPERATOR, correlationId }));
    expect(codeOf(await confirm(other, second))).toBe('one_time_token_invalid');
  });

  it('is shown again under the key, and set again under the key by the same password alone', async () => {
    const { userId } = await signUp(one);
    const key = keyed('k', null, `POST /v1/users/${userId}/password-reset`);
    const token = await issue(one, userId, key);
    expect(await issue(other, userId, key)).toBe(token);
    expect(await issue(other, userId)).not.toBe(token);
    const set = keyed('k', { token }, 'POST /v1/password-resets/confirm');
    done(await confirm(one, token, 'a new password', set));
    expect(done(await confirm(other, token, 'a new password', set))).toMatchObject({ repeated: true });
    expect(codeOf(await confirm(other, token, 'another password', set))).toBe('idempotency_key_reused');
  });

  it('refuses what is easily guessed, and is not used up by that', async () => {
    const { userId, email } = await signUp(one);
    const token = await issue(one, userId);
    for (const guessable of ['password123', email])
      expect(codeOf(await confirm(one, token, guessable))).toBe('invalid_field');
    expect(codeOf(await confirm(one, token))).toBe('done');
  });

  it('that is none costs no hashing and no read', async () => {
    const reads = one.reads.length;
    expect(codeOf(await confirm(one, 'no token'))).toBe('one_time_token_invalid');
    expect(one.reads.length).toBe(reads);
  });
});

describe('a one-time token to verify an email by', () => {
  const tokenFor = (userId: string, more = {}) =>
    emailVerificationToken(one.vault, {
      ...{ userId, emailRevision: 0, passwordRevision: 0, expiresAt: Date.now() + DAY },
      ...more,
    });
  const verify = (node: Node, token: string) => node.confirmEmail({ token, correlationId });

  it('works once', async () => {
    const { userId } = await signUp(one);
    const token = await tokenFor(userId);
    expect(codeOf(await verify(other, token))).toBe('done');
    expect(codeOf(await verify(one, token))).toBe('one_time_token_invalid');
    expect(await backend.types(`user-${userId}`)).toEqual(['UserSignedUp', 'EmailVerified']);
  });

  it('ends when it says, with another email, and with its user', async () => {
    const { userId } = await signUp(one);
    expect(codeOf(await verify(one, await tokenFor(userId, { expiresAt: Date.now() - 1 })))).toBe(
      'one_time_token_invalid',
    );
    done(await one.changeEmail({ userId, caller: OPERATOR, email: newEmail(), correlationId }));
    expect(codeOf(await verify(one, await tokenFor(userId)))).toBe('one_time_token_invalid');
    done(await one.erase({ userId, caller: OPERATOR, correlationId }));
    expect(codeOf(await verify(one, await tokenFor(userId, { emailRevision: 1 })))).toBe(
      'one_time_token_invalid',
    );
    expect(codeOf(await verify(one, 'no token'))).toBe('one_time_token_invalid');
  });
});

describe('a customer who asks to be erased', () => {
  const erase = ({ userId, caller }: Customer, password: string) => ({
    ...{ userId, caller, password, correlationId },
  });
  const suspended = async () => {
    const customer = await subscribe(one);
    const { subscriptionId } = customer;
    const suspend = { type: 'SuspendSubscription', subscriptionId } as const;
    done(await one.execute(customer.request(suspend, { caller: OPERATOR })));
    return customer;
  };
  const signUpAgain = (node: Node, { email }: Customer) =>
    node.signUp({ email, password: 'another password', correlationId });

  it('says their password; once they are erased there is none to say', async () => {
    const customer = await signUp(one);
    expect(codeOf(await one.erase(erase(customer, 'wrong')))).toBe('wrong_password');
    expect(done(await other.erase(erase(customer, customer.password)))).toMatchObject({ changed: true });
    expect(done(await one.erase(erase(customer, 'anything')))).toMatchObject({ changed: false });
    expect(codeOf(await signUpAgain(one, customer))).toBe('done');
  });

  it('while suspended can not sign up again until staff release the email', async () => {
    const customer = await suspended();
    done(await one.erase(erase(customer, customer.password)));
    expect(codeOf(await signUpAgain(other, customer))).toBe('email_taken');
    const stranger = await signUp(other);
    const taking = { userId: stranger.userId, caller: OPERATOR, email: customer.email, correlationId };
    expect(codeOf(await other.changeEmail(taking))).toBe('email_taken');
    // A repeat and the sweep leave it blocked.
    done(await one.erase(erase(customer, customer.password)));
    expect(await one.sweepErasures()).toBe(0);
    expect(codeOf(await signUpAgain(other, customer))).toBe('email_taken');
    await one.releaseEmail({ email: ` ${customer.email.toUpperCase()}`, caller: OPERATOR, correlationId });
    expect(codeOf(await signUpAgain(other, customer))).toBe('done');
  });

  it('at level 1, which can not say that the email is blocked, leaves it free', async () => {
    const customer = await suspended();
    const node = backend.node({ codec: createCodec({ writeLevel: 1, vault: one.vault }) });
    expect(codeOf(await node.erase(erase(customer, customer.password)))).toBe('done');
    expect(codeOf(await signUpAgain(other, customer))).toBe('done');
  });

  it('is the only one whose email a release frees', async () => {
    const customer = await signUp(one);
    for (const email of [customer.email, newEmail()])
      await one.releaseEmail({ email, caller: OPERATOR, correlationId });
    expect(codeOf(await signUpAgain(one, customer))).toBe('email_taken');
    const digest = await one.vault.emailDigest(customer.email);
    expect(await backend.types(`email-${digest}`)).toEqual(['EmailReserved']);
  });
});
