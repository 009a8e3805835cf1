import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PausePoint } from '../../../command-service/dependencies.ts';
import type { ImportedCustomer } from '../../../command-service/import/customer.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { EventNotEnabled } from '../../../shared/events/errors.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { timeOfUuidv7 } from '../../../shared/ids.ts';
import { licenseKeyHash } from '../../../shared/license-keys/text.ts';
import { activate, Backend, done, type Node, newEmail, OPERATOR, signUp } from './nodes.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.close());

const NOW = Date.now();
const machine = (clientId: string, licenseKey?: number) => ({
  ...{ clientId, clientName: `the ${clientId}`, product: undefined, licenseKey },
});

function customer(change: Partial<ImportedCustomer> = {}): ImportedCustomer {
  return {
    externalId: randomUUID(),
    email: newEmail(),
    name: 'Ada',
    subscriptions: [
      {
        externalId: randomUUID(),
        product: undefined,
        plan: 'basic',
        quantity: 1,
        startDate: NOW - 3_000 * DAY_MS,
        endDate: NOW + 100 * DAY_MS,
        cancelled: false,
      },
    ],
    licenseKeys: [
      {
        hash: licenseKeyHash(randomUUID()),
        product: undefined,
        uses: 5,
        expiresAt: undefined,
        note: undefined,
      },
    ],
    clients: [machine('laptop', 0), machine('desk')],
    ...change,
  };
}

const userOf = async (node: Node, { externalId }: ImportedCustomer): Promise<string> => {
  const digest = await node.vault.reservationDigest('external', 'user', externalId);
  const { holder } = await node.reservations.read('external', digest);
  if (!holder) throw new Error('the customer is not there');
  return holder.userId;
};
const typesOf = async (node: Node, imported: ImportedCustomer) =>
  backend.types(userStream(await userOf(node, imported)));

const WHOLE = [
  'UserAdded',
  'SubscriptionStarted',
  'LicenseKeyIssued',
  'LicenseActivated',
  'LicenseActivated',
] as const;

describe('an imported customer', () => {
  it('is there with everything, after one append to their stream and without a read', async () => {
    const node = backend.node();
    const ada = customer();
    expect(await node.importer.import(ada)).toEqual({ kind: 'imported', events: 5 });
    expect(node.reads).toEqual([]);
    const userId = await userOf(node, ada);
    expect(await backend.types(userStream(userId))).toEqual(WHOLE);
    const [, started, , activated] = await backend.stream(userStream(userId));
    expect(started?.data).toMatchObject({ externalId: ada.subscriptions[0]?.externalId, quantity: 1 });
    expect(activated?.data).toMatchObject({ clientId: 'laptop', keyUses: 1 });
    expect(node.appends.filter((stream) => stream === userStream(userId))).toHaveLength(1);
  });

  it('is left as they are by another import, whatever has become of them', async () => {
    const node = backend.node();
    const ada = customer();
    await node.importer.import(ada);
    const userId = await userOf(node, ada);
    const stop = { type: 'DeactivateClient', clientId: 'laptop' } as const;
    done(await node.execute({ userId, caller: OPERATOR, correlationId: 'test', command: stop }));
    const before = await typesOf(node, ada);
    expect(await node.importer.import(ada)).toEqual({ kind: 'imported', events: 0 });
    expect(await backend.node().importer.import(ada)).toEqual({ kind: 'imported', events: 0 });
    expect(await typesOf(node, ada)).toEqual(before);
    done(await node.erase({ userId, caller: OPERATOR, correlationId: 'test' }));
    expect(await backend.node().importer.import(ada)).toEqual({ kind: 'imported', events: 0 });
  });

  it('gets what a later file has beside it', async () => {
    const node = backend.node();
    const ada = customer();
    await node.importer.import(ada);
    const more = { ...ada, clients: [...ada.clients, machine('phone')] };
    expect(await node.importer.import(more)).toEqual({ kind: 'imported', events: 1 });
    expect(await typesOf(node, ada)).toEqual([...WHOLE, 'LicenseActivated']);
  });

  it('of a line that was mended after it was refused has the id of the start date that it has now', async () => {
    const node = backend.node();
    const { email } = await signUp(node);
    const ada = customer({ email });
    expect(await node.importer.import(ada)).toMatchObject({ refusal: { code: 'email_taken' } });
    const startDate = NOW - 1_000 * DAY_MS;
    const [subscription] = ada.subscriptions;
    if (!subscription) throw new Error('a customer without a subscription');
    const mended = { ...ada, email: newEmail(), subscriptions: [{ ...subscription, startDate }] };
    expect(await node.importer.import(mended)).toMatchObject({ kind: 'imported' });
    const [, started] = await backend.stream(userStream(await userOf(node, ada)));
    expect(timeOfUuidv7(String(started?.data.subscriptionId))).toBe(startDate);
    expect(await node.importer.import(mended)).toEqual({ kind: 'imported', events: 0 });
  });

  it('activates again with what the import brought: the same license', async () => {
    const node = backend.node();
    const ada = customer();
    await node.importer.import(ada);
    const userId = await userOf(node, ada);
    const request = { userId, caller: OPERATOR, correlationId: 'test', command: activate('laptop') };
    expect(done(await node.execute(request)).changed).toBe(false);
  });

  it('of many machines is written in steps', async () => {
    const node = backend.node();
    const clients = Array.from({ length: 1_200 }, (_, n) => machine(`machine-${n}`));
    const [subscription] = customer().subscriptions;
    const large = customer({
      clients,
      subscriptions: [{ ...(subscription as ImportedCustomer['subscriptions'][0]), plan: 'enterprise' }],
    });
    expect(await node.importer.import(large)).toEqual({ kind: 'imported', events: 1_203 });
    expect(await node.importer.import(large)).toEqual({ kind: 'imported', events: 0 });
  });
});

describe('what is refused', () => {
  const [subscription] = customer().subscriptions as [ImportedCustomer['subscriptions'][0]];
  const [key] = customer().licenseKeys as [ImportedCustomer['licenseKeys'][0]];

  it.each<[string, Partial<ImportedCustomer>, object]>([
    [
      'an unknown plan',
      { subscriptions: [{ ...subscription, externalId: randomUUID(), plan: 'gold' }] },
      { place: '/subscriptions/0', refusal: { code: 'invalid_field', field: 'plan' } },
    ],
    [
      'more machines than the plan has room for',
      { clients: ['a', 'b', 'c', 'd'].map((id) => machine(id)) },
      { place: '/clients/3', refusal: { code: 'client_limit_reached', limit: 3 } },
    ],
    [
      'machines without a subscription',
      { subscriptions: [] },
      { place: '/clients/0', refusal: { code: 'no_active_subscription' } },
    ],
    [
      'two subscriptions of a product at once',
      {
        subscriptions: [
          { ...subscription, externalId: randomUUID() },
          { ...subscription, externalId: randomUUID() },
        ],
      },
      { place: '/subscriptions/1', refusal: { code: 'subscription_exists' } },
    ],
  ])('by the rules is refused whole, and nothing is written: %s', async (_, change, expected) => {
    const node = backend.node();
    const wrong = customer(change);
    for (const take of [node.importer.foresee, node.importer.import])
      expect(await take(wrong)).toMatchObject({ kind: 'refused', ...expected });
    expect(node.appends).toEqual([]);
  });

  it('is what belongs to another customer', async () => {
    const node = backend.node();
    const taken = customer({ licenseKeys: [key] });
    await node.importer.import(taken);
    const { email } = taken;
    const cases: [Partial<ImportedCustomer>, object][] = [
      [{ email }, { place: '/email', refusal: { code: 'email_taken' } }],
      [
        { subscriptions: taken.subscriptions },
        { place: '/subscriptions/0/external_id', refusal: { code: 'external_id_taken' } },
      ],
      [{ licenseKeys: [key] }, { place: '/license_keys/0', refusal: { code: 'license_key_taken' } }],
    ];
    for (const [change, expected] of cases) {
      const wrong = customer(change);
      for (const take of [node.importer.foresee, node.importer.import])
        expect(await take(wrong)).toMatchObject({ kind: 'refused', ...expected });
      // Mended, it is taken: what the first try reserved stands in nobody's way.
      const mended = { ...customer(), externalId: wrong.externalId };
      expect(await node.importer.import(mended)).toMatchObject({ kind: 'imported', events: 5 });
    }
  });

  it('is the email of who signed up by themselves', async () => {
    const node = backend.node();
    const { email } = await signUp(node);
    expect(await node.importer.import(customer({ email }))).toMatchObject({
      refusal: { code: 'email_taken' },
    });
  });
});

describe('an import that is cut off', () => {
  class Cut extends Error {}

  it.each<[PausePoint, number]>([
    ['reserve.before', 1],
    ['reserve.after', 1],
    ['reserve.after', 2],
    ['reserve.after', 4],
  ])('at %s, the time number %i, is completed by the next one', async (point, times) => {
    const cut = backend.node();
    const ada = customer();
    let left = times;
    cut.pause = async (at) => {
      if (at !== point) return;
      left -= 1;
      if (left <= 0) throw new Cut();
    };
    await expect(cut.importer.import(ada)).rejects.toThrow(Cut);
    const next = backend.node();
    expect(await next.importer.foresee(ada)).toEqual({ kind: 'imported', events: 5 });
    expect(await next.importer.import(ada)).toEqual({ kind: 'imported', events: 5 });
    expect(await typesOf(next, ada)).toEqual(WHOLE);
    expect(await next.importer.import(ada)).toEqual({ kind: 'imported', events: 0 });
  });

  it('after an append whose outcome nobody knows: nothing is written twice', async () => {
    const node = backend.node();
    const ada = customer();
    node.append = async (send, stream) => {
      const result = await send();
      if (stream.startsWith('user-'))
        throw new (await import('../../../shared/event-log/errors.ts')).OutcomeUnknown();
      return result;
    };
    expect(await node.importer.import(ada)).toEqual({ kind: 'imported', events: 0 });
    expect(await typesOf(node, ada)).toEqual(WHOLE);
  });
});

it('the same customer twice at once is one customer', async () => {
  const ada = customer();
  const nodes = [backend.node(), backend.node(), backend.node()];
  const imported = await Promise.all(nodes.map((node) => node.importer.import(ada)));
  expect(imported.every(({ kind }) => kind === 'imported')).toBe(true);
  expect(await typesOf(backend.node(), ada)).toEqual(WHOLE);
});

it('at an event schema level that can not say it nothing is written', async () => {
  const { vault } = backend.node();
  const node = backend.node({ codec: createCodec({ writeLevel: 1, vault }) });
  await expect(node.importer.import(customer())).rejects.toThrow(EventNotEnabled);
  expect(node.appends).toEqual([]);
});
