import { describe, expect, it } from 'vitest';
import type { EmailRequest } from '../../../../command-service/execute/requests.ts';
import { OutcomeUnknown } from '../../../../shared/event-log/errors.ts';
import { createCodec } from '../../../../shared/events/codec.ts';
import { freeze, kill } from '../freeze.ts';
import {
  activate,
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

const change = (
  { userId, caller, password }: Customer,
  email: string,
  more: Partial<EmailRequest> = {},
): EmailRequest => ({ userId, caller, password, email, correlationId: 'test', ...more });
const byStaff = (customer: Customer, email: string): EmailRequest => ({
  ...{ userId: customer.userId, caller: OPERATOR, email, correlationId: 'test' },
});
const emailTypes = async (email: string) => backend.types(`email-${await one.vault.emailDigest(email)}`);
const logIn = (node: Node, email: string, password = 'a password') =>
  node.logIn({ email, password, correlationId: 'test' });

describe('another email', () => {
  it('is reserved, then theirs, and the first one is free; sessions go on', async () => {
    const [customer, email] = [await subscribe(one), newEmail()];
    expect(done(await one.changeEmail(change(customer, email)))).toMatchObject({ changed: true });
    expect(await emailTypes(email)).toEqual(['EmailReserved']);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
    expect(codeOf(await logIn(other, email))).toBe('done');
    expect(codeOf(await logIn(other, customer.email))).toBe('invalid_credentials');
    expect(codeOf(await other.execute(customer.request(activate('a'))))).toBe('done');
    expect(codeOf(await other.changeEmail(byStaff(await signUp(other), customer.email)))).toBe('done');
  });

  it('asks a customer for the password, before anything is reserved', async () => {
    const [customer, email] = [await signUp(one), newEmail()];
    expect(codeOf(await one.changeEmail(change({ ...customer, password: 'wrong' }, email)))).toBe(
      'wrong_password',
    );
    expect(await emailTypes(email)).toEqual([]);
  });

  it('is refused where somebody has it, or the customer is suspended; staff may', async () => {
    const [customer, { email }] = [await subscribe(one), await signUp(one)];
    expect(codeOf(await one.changeEmail(change(customer, email)))).toBe('email_taken');
    const { subscriptionId } = customer;
    const suspend = { type: 'SuspendSubscription', subscriptionId } as const;
    done(await one.execute(customer.request(suspend, { caller: OPERATOR })));
    const next = newEmail();
    expect(codeOf(await one.changeEmail(change(customer, next)))).toBe('subscription_suspended');
    expect(await emailTypes(next)).toEqual([]);
    expect(codeOf(await one.changeEmail(byStaff(customer, next)))).toBe('done');
  });

  it('that they have already is no change; under a key it is one change', async () => {
    const [customer, email] = [await signUp(one), newEmail()];
    const sent = change(customer, email, keyed('k', { email }, 'POST /v1/me/email'));
    const first = done(await one.changeEmail(sent));
    expect(done(await other.changeEmail(sent))).toEqual({ ...first, repeated: true });
    expect(done(await other.changeEmail(change(customer, ` ${email.toUpperCase()}`)))).toMatchObject({
      changed: false,
    });
    expect(await emailTypes(email)).toEqual(['EmailReserved']);
  });

  it('and back again, and away again, is theirs each time', async () => {
    const [customer, email] = [await signUp(one), newEmail()];
    for (const next of [email, customer.email, email]) done(await one.changeEmail(change(customer, next)));
    expect(codeOf(await logIn(other, email))).toBe('done');
    expect(codeOf(await other.signUp({ ...customer, correlationId: 'test' }))).toBe('done');
  });

  it('goes to one of two users who ask at once', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, () => signUp(one)));
    const email = newEmail();
    const outcomes = await Promise.all(
      customers.map((customer, n) => (n % 2 ? one : other).changeEmail(change(customer, email))),
    );
    const codes = outcomes.map(codeOf);
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(codes.filter((code) => code === 'email_taken')).toHaveLength(9);
    const winner = done(await logIn(one, email)).userId;
    expect(customers[codes.indexOf('done')]?.userId).toBe(winner);
  });

  it('is not changed at level 1, and nothing is reserved', async () => {
    const node = backend.node({ codec: createCodec({ writeLevel: 1, vault: one.vault }) });
    const [customer, email] = [await signUp(one), newEmail()];
    await expect(node.changeEmail(change(customer, email))).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
    expect(await emailTypes(email)).toEqual([]);
  });

  it.each(['email-', 'user-'])(
    'is changed once where an append to %s has an unknown outcome',
    async (prefix) => {
      const [node, customer, email] = [backend.node(), await signUp(one), newEmail()];
      let lost = 0;
      node.append = async (send, stream) => {
        const result = await send();
        if (!stream.startsWith(prefix) || lost > 0) return result;
        lost += 1;
        throw new OutcomeUnknown();
      };
      expect(codeOf(await node.changeEmail(change(customer, email)))).toBe('done');
      expect(lost).toBe(1);
      expect(await backend.types(`user-${customer.userId}`)).toEqual(['UserSignedUp', 'EmailChanged']);
      expect(codeOf(await logIn(other, email))).toBe('done');
      expect((await emailTypes(customer.email)).at(-1)).toBe('EmailReleased');
    },
  );
});

const CUTS = ['reserve.before', 'reserve.after', 'append.before', 'append.after', 'email.changed'] as const;

describe.each(CUTS)('a node that stops changing an email at %s', (point) => {
  it('for ever: the next try finishes the change', async () => {
    const [killed, customer, email] = [backend.node(), await signUp(one), newEmail()];
    kill(killed, point);
    await expect(killed.changeEmail(change(customer, email))).rejects.toThrow('killed');
    expect(codeOf(await other.changeEmail(change(customer, email)))).toBe('done');
    expect(await backend.types(`user-${customer.userId}`)).toEqual(['UserSignedUp', 'EmailChanged']);
    expect(codeOf(await logIn(one, email))).toBe('done');
    expect(codeOf(await logIn(one, customer.email))).toBe('invalid_credentials');
  });

  it('for a while: nobody else gets the email in between', async () => {
    const [slow, customer, email] = [backend.node(), await signUp(one), newEmail()];
    const frozen = freeze(slow, point);
    const late = slow.changeEmail(change(customer, email));
    await frozen.arrived;
    const rival = await other.changeEmail(change(await signUp(other), email));
    frozen.release();
    const codes = [codeOf(await late), codeOf(rival)].sort();
    expect(codes).toEqual(['done', 'email_taken']);
    expect(codeOf(await logIn(one, email))).toBe('done');
  });
});

describe('an email that a crash left reserved for somebody who has another', () => {
  const leave = async (point: 'reserve.after' | 'email.changed') => {
    const [killed, customer, email] = [backend.node(), await signUp(one), newEmail()];
    kill(killed, point);
    await expect(killed.changeEmail(change(customer, email))).rejects.toThrow('killed');
    return point === 'reserve.after' ? email : customer.email;
  };

  it.each(['reserve.after', 'email.changed'] as const)('at %s lapses after an hour', async (point) => {
    const email = await leave(point);
    const [early, late] = [backend.node(), backend.node()];
    early.now = () => Date.now() + 3_500_000;
    late.now = () => Date.now() + 3_700_000;
    expect(codeOf(await early.signUp({ email, password: 'a password', correlationId: 'test' }))).toBe(
      'email_taken',
    );
    const { userId } = await signUp(late, email);
    expect(done(await logIn(one, email)).userId).toBe(userId);
  });

  it('is reserved again by its holder, so that it does not lapse before the change', async () => {
    const [killed, customer, email] = [backend.node(), await signUp(one), newEmail()];
    kill(killed, 'reserve.after');
    await expect(killed.changeEmail(change(customer, email))).rejects.toThrow('killed');
    const slow = backend.node();
    slow.now = () => Date.now() + 3_700_000;
    const late = backend.node();
    late.now = slow.now;
    const frozen = freeze(slow, 'append.before');
    const changing = slow.changeEmail(change(customer, email));
    await frozen.arrived;
    expect(codeOf(await late.signUp({ email, password: 'a password', correlationId: 'test' }))).toBe(
      'email_taken',
    );
    frozen.release();
    expect(codeOf(await changing)).toBe('done');
  });
});
