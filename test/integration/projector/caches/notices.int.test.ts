import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outdateCaches } from '../../../../projector/rebuild/caches.ts';
import { eventually } from '../../../support/eventually.ts';
import { loadPair, readBelieved } from '../../../support/views.ts';
import { listen, subscriber, suspend } from '../customers.ts';
import { createSystem, type System } from '../system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

describe('notices', () => {
  test('name what changed, each beginning where the last one ended', async () => {
    using heard = await listen(system);
    const { user, licenseId } = await subscriber(system);
    await eventually('the license is named', () =>
      heard.notices.some(({ licenses }) => licenses.some(([id]) => id === licenseId)),
    );
    expect(heard.notices.some(({ users }) => users.some(([id]) => id === user.userId))).toBe(true);
    for (const [i, { before }] of heard.notices.entries()) {
      if (i > 0) expect(before).toBe(heard.notices[i - 1]?.after);
    }
  });

  test('come each second while nothing happens', async () => {
    using heard = await listen(system);
    const first = await eventually('a heartbeat', () => heard.notices.at(-1), 3_000);
    await eventually('another', () => heard.notices.length > 1, 3_000);
    expect(heard.notices.at(-1)).toEqual({
      before: first.after,
      after: first.after,
      users: [],
      licenses: [],
    });
  });

  test('come when both caches and rows are there: whoever asks then gets no older view', async () => {
    using heard = await listen(system);
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const position = await suspend(system, customer);
    await eventually('told', () =>
      heard.notices.some(({ users }) => users.some(([id, at]) => id === user.userId && at === position)),
    );
    const cached = await readBelieved(system.redis, licenseId, user.userId);
    expect(cached.user?.user?.subscriptions.app?.suspended).toBe(true);
    expect((await loadPair(system.pool, licenseId, user.userId)).user.position).toBe(position);
  });

  test('of a rebuild that differs break the chain', async () => {
    using heard = await listen(system);
    await eventually('a heartbeat', () => heard.notices.length > 0, 3_000);
    await outdateCaches(system.redis, false);
    await eventually('the gap', () =>
      heard.notices.some(({ before, after }) => before === '0/0' && after === '0/0'),
    );
  });
});
