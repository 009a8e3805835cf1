import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StartSubscription } from '../../../command-service/domain/subscriptions/commands.ts';
import type { Outcome } from '../../../command-service/execute/requests.ts';
import { OutcomeUnknown } from '../../../shared/event-log/errors.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { timeOfUuidv7 } from '../../../shared/ids.ts';
import { freeze, kill } from './freeze.ts';
import { type Customer, codeOf, customerOf, done, type Node, newEmail, OPERATOR, signUp } from './nodes.ts';
import { backend, one, other } from './two-nodes.ts';

const DAY = 86_400_000;
const newExternalId = () => `sub_${randomUUID()}`;

const start = (more: Partial<StartSubscription> = {}): StartSubscription => ({
  ...{ type: 'StartSubscription', plan: 'pro', quantity: 1, trial: false, period: { months: 12 } },
  ...more,
});
const trial = (more: Partial<StartSubscription> = {}) => start({ trial: true, period: undefined, ...more });
const byStaff = (node: Node, customer: Customer, command: StartSubscription) =>
  node.execute(customer.request(command, { caller: OPERATOR }));
const bySelf = (node: Node, customer: Customer, command: StartSubscription) =>
  node.execute(customer.request(command));

function subscriptionOf(outcome: Outcome) {
  const { subject } = done(outcome);
  if (subject.kind !== 'subscription') throw new Error(`a ${subject.kind} was answered`);
  return subject.subscription;
}

const reserved = async (kind: 'external' | 'trial', ...parts: string[]) =>
  (await backend.stream(`${kind}-${await one.vault.reservationDigest(kind, ...parts)}`)).map(
    ({ data }) => data,
  );
const reservedExternally = (externalId: string) => reserved('external', 'subscription', externalId);
const trialsOf = async (email: string) => reserved('trial', 'app', await one.vault.emailDigest(email));
const startsOf = async ({ userId }: Customer) =>
  (await backend.types(`user-${userId}`)).filter((type) => type === 'SubscriptionStarted');

/** How each kind starts a subscription, and what is reserved for it. */
const KINDS = {
  'an external id': {
    command: () => start({ externalId: newExternalId() }),
    execute: byStaff,
    reservations: (_: Customer, { externalId = '' }: StartSubscription) => reservedExternally(externalId),
  },
  'a trial': {
    command: () => trial(),
    execute: bySelf,
    reservations: ({ email }: Customer) => trialsOf(email),
  },
  'a trial under an external id': {
    command: () => trial({ externalId: newExternalId() }),
    execute: byStaff,
    reservations: async ({ email }: Customer, { externalId = '' }: StartSubscription) => [
      ...(await reservedExternally(externalId)),
      ...(await trialsOf(email)),
    ],
  },
} as const;

describe.each(Object.entries(KINDS))('%s', (kind, { command: commandOf, execute, reservations }) => {
  const count = kind === 'a trial under an external id' ? 2 : 1;

  it('is reserved for the user and the subscription that starts', async () => {
    const [customer, command] = [await signUp(one), commandOf()];
    const { subscriptionId, startDate } = subscriptionOf(await execute(one, customer, command));
    const { userId } = customer;
    expect(await reservations(customer, command)).toEqual(Array(count).fill({ userId, subscriptionId }));
    expect(timeOfUuidv7(subscriptionId)).toBe(startDate);
  });

  const cuts = Array.from({ length: count }, (_, n) => [
    ['reserve.before', n + 1] as const,
    ['reserve.after', n + 1] as const,
  ]).flat();
  const CUTS = [...cuts, ['append.before', 1], ['append.after', 1]] as const;

  it.each(CUTS)(
    'that a crash cuts off at %s (%i) is completed by the next try, once',
    async (point, time) => {
      const [killed, customer, command] = [backend.node(), await signUp(one), commandOf()];
      kill(killed, point, time);
      await expect(execute(killed, customer, command)).rejects.toThrow('killed');
      const again = await execute(other, customer, command);
      // A trial that has begun is one that was used.
      if (command.externalId === undefined && point === 'append.after')
        expect(codeOf(again)).toBe('trial_used');
      else {
        const { subscriptionId, startDate } = subscriptionOf(again);
        expect(timeOfUuidv7(subscriptionId)).toBe(startDate);
        for (const data of await reservations(customer, command))
          expect(data).toEqual({ userId: customer.userId, subscriptionId });
      }
      expect(await startsOf(customer)).toHaveLength(1);
      expect(await reservations(customer, command)).toHaveLength(count);
    },
  );

  it.each(CUTS)(
    'frozen at %s (%i) while another node starts the same is one subscription',
    async (point, time) => {
      const [slow, customer, command] = [backend.node(), await signUp(one), commandOf()];
      const frozen = freeze(slow, point, time);
      const late = execute(slow, customer, command);
      await frozen.arrived;
      const quick = await execute(other, customer, command);
      frozen.release();
      const outcomes = [await late, quick];
      expect(outcomes.map(codeOf)).toContain('done');
      const ids = outcomes.filter(({ kind }) => kind === 'done').map((outcome) => subscriptionOf(outcome));
      expect(new Set(ids.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
      expect(await startsOf(customer)).toHaveLength(1);
      for (const data of await reservations(customer, command))
        expect(data).toEqual({ userId: customer.userId, subscriptionId: ids[0]?.subscriptionId });
    },
  );

  it('is one subscription of many who ask at once on two nodes', async () => {
    const [customer, command] = [await signUp(one), commandOf()];
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => execute(n % 2 ? one : other, customer, command)),
    );
    expect(await startsOf(customer)).toHaveLength(1);
    expect(new Set(outcomes.map(codeOf))).toEqual(
      command.externalId === undefined ? new Set(['done', 'trial_used']) : new Set(['done']),
    );
    for (const data of await reservations(customer, command)) expect(data.userId).toBe(customer.userId);
  });

  it.each(['external-', 'trial-', 'user-'])(
    'is started once where an append to %s has an unknown outcome',
    async (prefix) => {
      const [node, customer, command] = [backend.node(), await signUp(one), commandOf()];
      let lost = 0;
      node.append = async (send, stream) => {
        const result = await send();
        if (!stream.startsWith(prefix) || lost > 0) return result;
        lost += 1;
        throw new OutcomeUnknown();
      };
      const { subscriptionId } = subscriptionOf(await execute(node, customer, command));
      expect(await startsOf(customer)).toHaveLength(1);
      for (const data of await reservations(customer, command))
        expect(data).toEqual({ userId: customer.userId, subscriptionId });
    },
  );

  it('that is refused leaves nothing reserved', async () => {
    const [customer, command] = [await signUp(one), { ...commandOf(), plan: 'none such' }];
    expect(codeOf(await execute(one, customer, command))).toBe('invalid_field');
    expect(await reservations(customer, command)).toEqual([]);
  });
});

describe('an external id', () => {
  it('names one subscription for ever: unchanged for its user, taken for any other', async () => {
    const [customer, stranger] = [await signUp(one), await signUp(one)];
    const command = start({ externalId: newExternalId() });
    const first = subscriptionOf(await byStaff(one, customer, command));
    expect(codeOf(await byStaff(other, stranger, command))).toBe('external_id_taken');
    expect(await startsOf(stranger)).toEqual([]);
    const cancel = { type: 'CancelSubscription', immediately: true } as const;
    const { subscriptionId } = first;
    done(await one.execute(customer.request({ ...cancel, subscriptionId }, { caller: OPERATOR })));
    done(await one.erase({ userId: customer.userId, caller: OPERATOR, correlationId: 'test' }));
    const late = await byStaff(other, customer, start({ ...command, period: { months: 1 } }));
    expect(done(late)).toMatchObject({ changed: false, subject: { subscription: { subscriptionId } } });
    expect(codeOf(await byStaff(one, stranger, command))).toBe('external_id_taken');
    expect(await reservedExternally(String(command.externalId))).toHaveLength(1);
  });

  it('goes to one of many users for whom it is asked at once', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, () => signUp(one)));
    const command = start({ externalId: newExternalId() });
    const codes = await Promise.all(
      customers.map(async (customer, n) => codeOf(await byStaff(n % 2 ? one : other, customer, command))),
    );
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(codes.filter((code) => code === 'external_id_taken')).toHaveLength(9);
  });

  it('is taken, whatever else stands in the way', async () => {
    const [customer, stranger] = [await signUp(one), await signUp(one)];
    const command = start({ externalId: newExternalId() });
    done(await byStaff(one, customer, command));
    done(await byStaff(one, stranger, start({ externalId: newExternalId() })));
    expect(codeOf(await byStaff(one, stranger, command))).toBe('external_id_taken');
  });

  it('is nothing that a customer can look for', async () => {
    const [customer, stranger] = [await signUp(one), await signUp(one)];
    const command = start({ externalId: newExternalId(), plan: 'free' });
    done(await byStaff(one, customer, command));
    for (const externalId of [command.externalId, newExternalId()])
      expect(codeOf(await bySelf(one, stranger, { ...command, externalId }))).toBe('invalid_field');
  });

  it('that was cut off is completed by a later start with other dates, under another id', async () => {
    const [killed, customer] = [backend.node(), await signUp(one)];
    const externalId = newExternalId();
    kill(killed, 'reserve.after');
    await expect(byStaff(killed, customer, start({ externalId }))).rejects.toThrow('killed');
    const [startDate, endDate] = [Date.now() - 90 * DAY, Date.now() + 90 * DAY];
    const dated = start({ externalId, period: { startDate, endDate } });
    const { subscriptionId } = subscriptionOf(await byStaff(other, customer, dated));
    expect(timeOfUuidv7(subscriptionId)).toBe(startDate);
    const { userId } = customer;
    expect((await reservedExternally(externalId)).at(-1)).toEqual({ userId, subscriptionId });
  });

  it('that was cut off days ago begins now, and not then', async () => {
    const [killed, customer] = [backend.node(), await signUp(one)];
    const externalId = newExternalId();
    kill(killed, 'reserve.after');
    await expect(byStaff(killed, customer, start({ externalId }))).rejects.toThrow('killed');
    const late = backend.node();
    late.now = () => Date.now() + 3 * DAY;
    const { startDate, subscriptionId } = subscriptionOf(
      await byStaff(late, customer, start({ externalId })),
    );
    expect(startDate).toBeGreaterThan(Date.now() + 2 * DAY);
    expect(timeOfUuidv7(subscriptionId)).toBe(startDate);
  });

  it('at level 1 is the user’s own, as in the release before, and reserved by nothing', async () => {
    const node = backend.node({ codec: createCodec({ writeLevel: 1, vault: one.vault }) });
    const customer = await signUp(one);
    const command = start({ externalId: newExternalId() });
    const first = subscriptionOf(await byStaff(node, customer, command));
    expect(subscriptionOf(await byStaff(node, customer, command))).toEqual(first);
    expect(await reservedExternally(String(command.externalId))).toEqual([]);
    await expect(byStaff(node, await signUp(one), trial())).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
  });
});

describe('a trial', () => {
  it('is the email’s only one: erasing gives no second', async () => {
    const customer = await signUp(one);
    done(await bySelf(one, customer, trial()));
    done(await one.erase({ userId: customer.userId, caller: customer.caller, correlationId: 'test' }));
    const again = await signUp(other, customer.email);
    expect(codeOf(await bySelf(other, again, trial({ plan: 'basic' })))).toBe('trial_used');
    const externalId = newExternalId();
    expect(codeOf(await byStaff(other, again, trial({ externalId })))).toBe('trial_used');
    expect(await reservedExternally(externalId)).toEqual([]);
  });

  it('is the user’s only one, also with another email', async () => {
    const customer = await signUp(one);
    done(await bySelf(one, customer, trial()));
    const { userId } = customer;
    done(await one.changeEmail({ userId, caller: OPERATOR, email: newEmail(), correlationId: 'test' }));
    expect(codeOf(await bySelf(other, customer, trial()))).toBe('trial_used');
  });

  it('of a user without an email is reserved by nothing but their own state', async () => {
    const { userId } = done(await one.addUser({ name: 'Ada', caller: OPERATOR, correlationId: 'test' }));
    const customer = customerOf(userId, '', '', 0);
    done(await byStaff(one, customer, trial()));
    expect(codeOf(await byStaff(other, customer, trial()))).toBe('trial_used');
  });
});
