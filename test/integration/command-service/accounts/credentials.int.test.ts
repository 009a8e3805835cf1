import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PasswordRequest } from '../../../../command-service/execute/requests.ts';
import {
  activate,
  type Customer,
  codeOf,
  customerOf,
  done,
  keyed,
  type Node,
  newEmail,
  signUp,
  subscribe,
} from '../nodes.ts';
import { backend, one, other } from '../two-nodes.ts';

const logIn = (node: Node, email: string, password: string) =>
  node.logIn({ email, password, correlationId: 'test' });
const change = (customer: Customer, newPassword: string, more: Partial<PasswordRequest> = {}) => {
  const { userId, caller, password } = customer;
  return { userId, caller, password, newPassword, correlationId: 'test', ...more };
};
const logOut = (customer: Customer) =>
  customer.request({ type: 'LogOut', ...customer.caller.token, expiresAt: Date.now() + 60_000 });

describe('logging in', () => {
  it('answers the user, on the state of this moment, and writes nothing', async () => {
    const { email, password, userId } = await signUp(one);
    const before = other.appends.length;
    const outcome = done(await logIn(other, ` ${email.toUpperCase()}`, password));
    expect(outcome).toMatchObject({ userId, revision: 0, tokenRevision: 0, changed: false });
    expect(other.appends.length).toBe(before);
  });

  it('looks the same for a wrong password and for an email of nobody', async () => {
    const { email } = await signUp(one);
    const refusal = { kind: 'rejected', rejection: { code: 'invalid_credentials' } };
    expect(await logIn(one, email, 'wrong')).toEqual(refusal);
    expect(await logIn(one, newEmail(), 'wrong')).toEqual(refusal);
  });

  it('costs the same reads for both', async () => {
    const { email } = await signUp(one);
    const reads = async (address: string) => {
      const before = one.reads.length;
      await logIn(one, address, 'wrong');
      return one.reads.length - before;
    };
    expect(await reads(newEmail())).toBe(await reads(email));
  });

  it('by a node that is behind knows the new password', async () => {
    const customer = await signUp(one);
    done(await logIn(other, customer.email, customer.password));
    done(await one.changePassword(change(customer, 'a new one')));
    expect(codeOf(await logIn(other, customer.email, customer.password))).toBe('invalid_credentials');
    expect(done(await logIn(other, customer.email, 'a new one'))).toMatchObject({ tokenRevision: 1 });
  });
});

describe('logging out', () => {
  it('ends the token on every node at once, and no other token', async () => {
    const customer = await subscribe(one);
    const elsewhere = customerOf(customer.userId, customer.email, customer.password, 0);
    done(await other.execute(customer.request(activate('a'))));
    done(await one.execute(logOut(customer)));
    for (const node of [one, other]) {
      expect(codeOf(await node.execute(customer.request(activate('b'))))).toBe('token_ended');
      expect(codeOf(await node.execute(elsewhere.request(activate('a'))))).toBe('done');
    }
    expect(done(await other.execute(logOut(customer)))).toMatchObject({ changed: false });
  });
});

describe('a changed password', () => {
  it('ends the tokens from before it, the caller’s too', async () => {
    const customer = await subscribe(one);
    done(await one.changePassword(change(customer, 'a new one')));
    expect(codeOf(await other.execute(customer.request(activate('a'))))).toBe('token_ended');
    const { userId, email } = customer;
    const { tokenRevision } = done(await logIn(one, email, 'a new one'));
    const again = customerOf(userId, email, 'a new one', tokenRevision ?? -1);
    expect(codeOf(await other.execute(again.request(activate('a'))))).toBe('done');
  });

  it('needs the old one, as it is now', async () => {
    const customer = await signUp(one);
    expect(codeOf(await one.changePassword(change(customer, 'new', { password: 'wrong' })))).toBe(
      'wrong_password',
    );
    expect(done(await one.changePassword(change(customer, customer.password)))).toMatchObject({
      changed: false,
    });
  });

  it('twice at once is changed once: the second finds its token ended', async () => {
    const customer = await signUp(one);
    const outcomes = await Promise.all([
      one.changePassword(change(customer, 'first')),
      other.changePassword(change(customer, 'second')),
    ]);
    expect(outcomes.map(codeOf).sort()).toEqual(['done', 'token_ended']);
    const kept = codeOf(outcomes[0]) === 'done' ? 'first' : 'second';
    expect(codeOf(await logIn(one, customer.email, kept))).toBe('done');
  });

  it('is answered again under its key, though its token has ended; with another new password it is refused', async () => {
    const customer = await signUp(one);
    const key = keyed(randomUUID(), {}, 'POST /v1/password');
    const first = done(await one.changePassword(change(customer, 'a new one', key)));
    expect(await other.changePassword(change(customer, 'a new one', key))).toEqual({
      ...first,
      repeated: true,
    });
    expect(codeOf(await other.changePassword(change(customer, 'another', key)))).toBe(
      'idempotency_key_reused',
    );
    expect(await backend.types(`user-${customer.userId}`)).toHaveLength(2);
  });
});

describe('a caller', () => {
  it('who names another user does not find them', async () => {
    const [customer, another] = [await subscribe(one), await signUp(one)];
    const request = customer.request(activate('a'), { caller: another.caller });
    expect(await one.execute(request)).toEqual({
      kind: 'rejected',
      rejection: { code: 'not_found', what: 'user' },
    });
  });

  it('with a token from before the log was replaced has none that holds', async () => {
    const { request } = customerOf(randomUUID(), '', '', 3);
    expect(codeOf(await one.execute(request(activate('a'))))).toBe('token_ended');
  });

  it('who is a client ends its own license by its key', async () => {
    const customer = await subscribe(one);
    const { subject } = done(await one.execute(customer.request(activate('a'))));
    const licenseId = subject.kind === 'license' ? subject.license.licenseId : '';
    const caller = { role: 'client', userId: customer.userId, licenseId } as const;
    const request = customer.request({ type: 'DeactivateClient', clientId: 'a', licenseId }, { caller });
    expect(done(await other.execute(request))).toMatchObject({ changed: true });
    const [, , , event] = await backend.stream(`user-${customer.userId}`);
    expect(event).toMatchObject({
      type: 'LicenseDeactivated',
      metadata: { actor: { role: 'client', id: licenseId }, $correlationId: 'test' },
    });
  });
});
