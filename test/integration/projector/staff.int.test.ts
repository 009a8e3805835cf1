import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewStaffEvent } from '../../../shared/events/types.ts';
import { createWebhookAuthor } from '../notifier/webhook-author.ts';
import { createStaffAuthor } from './author.ts';
import { createSystem, projected, type System, tool } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

const rowOf = async (staffId: string) =>
  (await system.pool.query('SELECT * FROM read_model.staff WHERE staff_id = $1', [staffId])).rows[0];

const story = (staffId: string, keyId: string): readonly NewStaffEvent[] => [
  { type: 'StaffAdded', data: { staffId, name: 'billing', kind: 'service', scopes: ['customers:read'] } },
  {
    type: 'StaffKeyIssued',
    data: { staffId, keyId, keyDigest: 'a'.repeat(64), expiresAt: '2035-01-31T00:00:00.000Z' },
  },
  { type: 'StaffScopesChanged', data: { staffId, scopes: ['customers:read', 'subscriptions:write'] } },
];

test('service accounts have rows, without a digest, also under many customers; and a rebuild gives the same', async () => {
  const account = createStaffAuthor(system.log, system.vault);
  const { staffId } = account;
  const keyId = randomUUID();
  const [added, issued, changed] = story(staffId, keyId) as [NewStaffEvent, NewStaffEvent, NewStaffEvent];
  // In one batch with customers' events, before and between.
  const user = system.author();
  await user.signUp();
  await account.append(added, issued);
  await user.subscribe();
  const position = await account.append(changed);
  await system.project();
  await projected(system, position);
  expect(await rowOf(staffId)).toMatchObject({
    kind: 'service',
    name: 'billing',
    status: 'active',
    scopes: ['customers:read', 'subscriptions:write'],
    scopes_revision: '2',
    revision: '2',
    keys: [{ keyId, expiresAt: Date.UTC(2035, 0, 31), revokedAt: null }],
  });
  expect(JSON.stringify(await rowOf(staffId))).not.toContain('a'.repeat(64));

  await account.append({ type: 'StaffKeyRevoked', data: { staffId, keyId } });
  await projected(system, await account.append({ type: 'StaffRemoved', data: { staffId } }));
  const removed = await rowOf(staffId);
  expect(removed).toMatchObject({ status: 'removed', revision: '4' });
  expect(removed.keys[0].revokedAt).toBeGreaterThanOrEqual(removed.keys[0].createdAt);
  const { code, stdout } = await tool(system, 'rebuild');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^staff\t1\t1\tyes$/m)]);
  expect(await rowOf(staffId)).toEqual(removed);
});

test('webhooks have no rows, and neither park nor stop anything', async () => {
  const hook = createWebhookAuthor(system.log, system.vault);
  await hook.append('WebhookAdded', { url: 'https://hooks.example.com/' });
  await hook.append('WebhookRemoved', {});
  const user = system.author();
  await projected(system, await user.signUp());
  const { rows } = await system.pool.query('SELECT count(*)::int AS parked FROM read_model.parked_events');
  expect(rows).toEqual([{ parked: 0 }]);
});

test('what another program wrote into such a stream stops nothing', async () => {
  const account = createStaffAuthor(system.log, system.vault);
  const { staffId } = account;
  await account.append(...story(staffId, randomUUID()).slice(0, 1));
  const foreign = { id: randomUUID(), type: 'Note', data: { text: 'hello' }, metadata: {} };
  await system.log.append(`staff-${staffId}`, 0, [foreign], { deadlineMs: 10_000 });
  await account.skip();
  const position = await account.append({ type: 'StaffRemoved', data: { staffId } });
  await projected(system, position);
  expect(await rowOf(staffId)).toMatchObject({ status: 'removed', revision: '2' });
});
