import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createErasureIntents } from '../../../../command-service/accounts/erasing/erasure-intents.ts';
import type { PausePoint } from '../../../../command-service/dependencies.ts';
import type { EraseRequest } from '../../../../command-service/execute/requests.ts';
import { ALL_SCOPES } from '../../../../shared/tokens/scopes.ts';
import { ERASED } from '../../../../shared/vault/personal.ts';
import {
  activate,
  type Customer,
  codeOf,
  done,
  keyed,
  type Node,
  OPERATOR,
  signUp,
  subscribe,
} from '../nodes.ts';
import { backend, one, other } from '../two-nodes.ts';

const erase = (customer: Customer, more: Partial<EraseRequest> = {}): EraseRequest => {
  const { userId, caller } = customer;
  return { userId, caller, correlationId: 'test', ...more };
};
const emailTypes = async (email: string) => backend.types(`email-${await one.vault.emailDigest(email)}`);
const logIn = (node: Node, { email, password }: Customer) =>
  node.logIn({ email, password, correlationId: 'test' });

describe('erasing a user', () => {
  it('appends the event, replaces the key, and releases the email', async () => {
    const customer = await subscribe(one);
    expect(done(await one.erase(erase(customer)))).toMatchObject({ changed: true, revision: 2 });
    expect((await backend.types(`user-${customer.userId}`)).at(-1)).toBe('UserErased');
    expect(await other.vault.dataKey(customer.userId)).toBe(ERASED);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });

  it('ends every token and the log-in, also on a node that is behind', async () => {
    const customer = await subscribe(one);
    done(await other.execute(customer.request(activate('a'))));
    done(await logIn(other, customer));
    done(await one.erase(erase(customer, { caller: OPERATOR })));
    expect(codeOf(await other.execute(customer.request(activate('b'))))).toBe('token_ended');
    expect(codeOf(await logIn(other, customer))).toBe('invalid_credentials');
    expect(codeOf(await other.execute(customer.request(activate('b'), { caller: OPERATOR })))).toBe(
      'not_found',
    );
  });

  it('again is done already, by anyone who might, with a key and without', async () => {
    const customer = await signUp(one);
    const key = keyed('k', null, 'DELETE /v1/users');
    const first = done(await one.erase(erase(customer, key)));
    expect(await other.erase(erase(customer, key))).toEqual({ ...first, repeated: true });
    expect(done(await other.erase(erase(customer)))).toMatchObject({ changed: false });
    expect(done(await other.erase(erase(customer, { caller: OPERATOR })))).toMatchObject({ changed: false });
    expect(await backend.types(`user-${customer.userId}`)).toEqual(['UserSignedUp', 'UserErased']);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });

  it('is not for others, nor for a token that has ended, nor for nobody', async () => {
    const [customer, another] = [await signUp(one), await signUp(one)];
    expect(codeOf(await one.erase(erase(customer, { caller: another.caller })))).toBe('not_found');
    const { userId, caller, password } = customer;
    done(await one.changePassword({ userId, caller, password, newPassword: 'new', correlationId: 'test' }));
    expect(codeOf(await one.erase(erase(customer)))).toBe('token_ended');
    const nobody = erase(customer, { caller: OPERATOR, userId: '00000000-0000-7000-8000-000000000000' });
    expect(codeOf(await one.erase(nobody))).toBe('not_found');
    expect(await backend.types(`user-${userId}`)).not.toContain('UserErased');
  });

  it('frees the email for another user, whom a repeat leaves alone', async () => {
    const customer = await signUp(one);
    done(await one.erase(erase(customer)));
    const next = await signUp(other, customer.email);
    expect(next.userId).not.toBe(customer.userId);
    done(await one.erase(erase(customer)));
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased', 'EmailReserved']);
    expect(codeOf(await logIn(one, next))).toBe('done');
  });
});

describe('an erasing that a crash cut off', () => {
  const cutOff = async (point: PausePoint): Promise<Customer> => {
    const node = backend.node();
    const customer = await signUp(node);
    node.pause = async (reached) => {
      if (reached === point) throw new Error('killed');
    };
    await expect(node.erase(erase(customer))).rejects.toThrow('killed');
    return customer;
  };

  it.each(['append.after', 'erase.appended', 'erase.tombstoned'] as const)(
    'at %s is finished by the sweep',
    async (point) => {
      const customer = await cutOff(point);
      const node = backend.node();
      expect(await node.sweepErasures()).toBe(1);
      expect(await node.vault.dataKey(customer.userId)).toBe(ERASED);
      expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
      expect(await node.sweepErasures()).toBe(0);
    },
  );

  it('is finished for all but those who can’t be now, and for those by a later sweep', async () => {
    const [first, second] = [await cutOff('erase.appended'), await cutOff('erase.appended')];
    const node = backend.node();
    node.pause = async (_, { userId }) => {
      if (userId === second.userId) throw new Error('not now');
    };
    await expect(node.sweepErasures()).rejects.toThrow('1 erasures are not finished');
    expect(await emailTypes(first.email)).toEqual(['EmailReserved', 'EmailReleased']);
    expect(await emailTypes(second.email)).toEqual(['EmailReserved']);
    node.pause = async () => undefined;
    expect(await node.sweepErasures()).toBe(1);
    expect(await emailTypes(second.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });

  it('is not lost to a sweep that was stopped', async () => {
    const customer = await cutOff('erase.appended');
    const node = backend.node();
    expect(await node.sweepErasures(AbortSignal.abort())).toBe(0);
    expect(await node.sweepErasures()).toBe(1);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });

  it('of a person of the staff is finished as well', async () => {
    const request = {
      caller: { role: 'operator', id: 'test' },
      correlationId: 'c',
      held: new Set<string>(ALL_SCOPES),
    } as const;
    const killed = backend.node();
    const email = `${randomUUID()}@example.com`;
    const { outcome } = await killed.members.invite(request, { email, name: 'Grace', scopes: [] });
    if (outcome.kind !== 'done') throw new Error(outcome.rejection.code);
    killed.pause = async (reached) => {
      if (reached === 'append.after') throw new Error('killed');
    };
    await expect(killed.members.remove(request, outcome.userId)).rejects.toThrow('killed');
    const node = backend.node();
    expect(await node.vault.dataKey(outcome.userId)).not.toBe(ERASED);
    expect(await node.sweepErasures()).toBe(1);
    expect(await node.vault.dataKey(outcome.userId)).toBe(ERASED);
    expect(await node.sweepErasures()).toBe(0);
  });

  it('is found by the next sweep of a running node as well', async () => {
    const node = backend.node();
    await node.sweepErasures();
    const customer = await cutOff('erase.appended');
    await signUp(node);
    expect(await node.sweepErasures()).toBe(1);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });

  it('does not keep the email: its next owner needs no sweep, and the sweep leaves them alone', async () => {
    const customer = await cutOff('erase.appended');
    const next = await signUp(other, customer.email);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReserved']);
    const node = backend.node();
    await node.sweepErasures();
    expect(await node.vault.dataKey(customer.userId)).toBe(ERASED);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReserved']);
    expect(codeOf(await logIn(node, next))).toBe('done');
  });

  it('before its event is forgotten after an hour, and the user goes on', async () => {
    const customer = await cutOff('append.before');
    const node = backend.node();
    const intents = async () =>
      (await backend.pool.query('SELECT FROM vault.erasures WHERE user_id = $1', [customer.userId])).rowCount;
    expect(await node.sweepErasures()).toBe(0);
    expect(await intents()).toBe(1);
    await backend.pool.query("UPDATE vault.erasures SET begun_at = begun_at - interval '61 minutes'");
    expect(await node.sweepErasures()).toBe(0);
    expect(await intents()).toBe(0);
    expect(codeOf(await logIn(node, customer))).toBe('done');
  });

  it('is not forgotten if it begins again while the sweep looks', async () => {
    const customer = await cutOff('append.before');
    await backend.pool.query("UPDATE vault.erasures SET begun_at = begun_at - interval '61 minutes'");
    const intents = createErasureIntents(backend.pool);
    const [listed] = (await intents.list()).filter(({ userId }) => userId === customer.userId);
    expect(listed?.isOld).toBe(true);
    await intents.begin(customer.userId);
    await intents.forget(customer.userId);
    expect((await intents.list()).map(({ userId }) => userId)).toContain(customer.userId);
  });

  it('is finished however long ago it began', async () => {
    const customer = await cutOff('append.after');
    await backend.pool.query("UPDATE vault.erasures SET begun_at = begun_at - interval '60 days'");
    const node = backend.node();
    expect(await node.sweepErasures()).toBe(1);
    expect(await node.vault.dataKey(customer.userId)).toBe(ERASED);
  });

  it('is finished by a repeat', async () => {
    const customer = await cutOff('erase.appended');
    done(await other.erase(erase(customer)));
    expect(await other.vault.dataKey(customer.userId)).toBe(ERASED);
    expect(await emailTypes(customer.email)).toEqual(['EmailReserved', 'EmailReleased']);
  });
});
