import { createSecretKey, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UnknownEvent } from '../../../shared/events/errors.ts';
import { showEntry } from '../../../shared/history/show.ts';
import { ERASED } from '../../../shared/vault/personal.ts';
import {
  activate,
  at,
  DAY,
  erase,
  key,
  opener,
  revoke,
  START,
  signUp,
  start,
  stream,
  timelineOf,
  userId,
} from './given.ts';

const [desk, laptop] = [randomUUID(), randomUUID()];

describe('a timeline', () => {
  test('has each event with the state behind it, as of its time', async () => {
    const events = await stream([signUp], [start()], [activate(desk, 'desk')], [revoke(desk, 'desk'), 33]);
    const { entries } = await timelineOf(events);
    expect(entries.map(({ state }) => state?.licenses)).toEqual([
      { active: 0, deactivated: 0, revoked: 0 },
      { active: 0, deactivated: 0, revoked: 0 },
      { active: 1, deactivated: 0, revoked: 0 },
      { active: 0, deactivated: 0, revoked: 1 },
    ]);
    expect(entries.map(({ state }) => state?.subscription?.status)).toEqual([
      undefined,
      'active',
      'active',
      'grace',
    ]);
  });

  test('ends at the instant, the events of that instant included', async () => {
    const events = await stream(
      [signUp],
      [start(), 1],
      [activate(desk, 'desk'), 1],
      [activate(laptop, 'laptop'), 2],
    );
    const count = async (asOf: number) => (await timelineOf(events, { asOf })).entries.length;
    expect(await count(START - 1)).toBe(0);
    expect(await count(START)).toBe(1);
    expect(await count(START + DAY - 1)).toBe(1);
    expect(await count(START + DAY)).toBe(3);
    expect(await count(START + 2 * DAY)).toBe(4);
  });

  test('goes no further than a later event, whatever those behind it claim', async () => {
    const events = await stream([signUp], [start(), 5], [activate(desk, 'desk'), 1]);
    const { entries, timeline } = await timelineOf(events, { asOf: START + 3 * DAY });
    expect(entries).toHaveLength(1);
    expect(timeline.state.licenses()).toEqual([]);
  });

  test('knows a user who signs up later from one who never does', async () => {
    expect((await timelineOf(await stream([signUp]), { asOf: START - 1 })).timeline).toMatchObject({
      exists: true,
    });
    expect((await timelineOf([])).timeline.exists).toBe(false);
  });

  test('judges the subscription at the instant asked about', async () => {
    const { state } = (await timelineOf(await stream([signUp], [start()]))).timeline;
    const status = (day: number) => state.summary(START + day * DAY)?.subscription?.status;
    expect([-1, 0, 29, 30, 36, 37].map(status)).toEqual([
      ...['scheduled', 'active', 'active', 'grace', 'grace', 'expired'],
    ]);
  });

  test('opens personal data only if it is told how, and an erasure clears it', async () => {
    const events = await stream([signUp], [activate(desk, 'desk', 'My desk')]);
    const closed = await timelineOf(events);
    expect(closed.entries.map(({ personal }) => personal)).toEqual([undefined, undefined]);
    expect(closed.timeline.state.user()?.email).toBeNull();
    const opened = await timelineOf(events, { open: opener(key) });
    expect(opened.timeline.state.user()?.email).toBe('ada@example.com');
    expect(opened.timeline.state.licenses()).toMatchObject([{ clientName: 'My desk' }]);
    const erasedLater = await timelineOf(events, { open: opener(ERASED) });
    expect(erasedLater.timeline.state.user()).toMatchObject({ email: null, status: 'active' });
    const erased = await timelineOf([...events, ...(await stream([signUp], [signUp], [erase])).slice(2)], {
      open: opener(key),
    });
    expect(erased.timeline.state.user()).toMatchObject({ email: null, status: 'erased' });
    expect(erased.timeline.state.licenses()).toMatchObject([{ clientId: null, clientName: null }]);
  });

  test('parks what can not be applied, and all after it; skips what an operator skipped', async () => {
    const events = await stream([signUp], [revoke(desk, 'desk')], [activate(laptop, 'laptop')]);
    const parked = await timelineOf(events);
    expect(parked.entries.map(({ fault }) => fault)).toEqual([
      undefined,
      'its user has no such license',
      'an earlier event of this user is parked',
    ]);
    expect(parked.timeline.state.licenses()).toEqual([]);
    const passed = await timelineOf(events, { skipped: new Set([events[1]?.id ?? '']) });
    expect(passed.entries.map(({ fault }) => fault)).toEqual([
      undefined,
      'an operator skipped it',
      undefined,
    ]);
    expect(passed.timeline.state.user()?.revision).toBe(2);
  });

  test('parks personal data that does not open where the read models show it, and there alone', async () => {
    const events = await stream([signUp], [activate(desk, 'desk', 'x')], [revoke(desk, 'desk')]);
    const wrong = opener(createSecretKey(Buffer.alloc(32, 9)));
    const shown = await timelineOf(events, { open: wrong });
    expect(shown.entries[0]?.fault).toContain('does not open');
    expect(shown.timeline.state.user()).toBeUndefined();
    const reason = await timelineOf(events, {
      open: (recorded) => (recorded.revision === 2 ? wrong : opener(key))(recorded),
    });
    expect(reason.entries.map(({ fault }) => Boolean(fault))).toEqual([false, false, true]);
    expect(reason.timeline.state.licenses()).toMatchObject([{ status: 'revoked' }]);
  });

  test('shows nothing of what another program wrote', async () => {
    const [first, ...others] = await stream([signUp], [start()]);
    const foreign = { ...others[0], metadata: {} } as (typeof others)[number];
    const { entries } = await timelineOf([first as typeof foreign, foreign]);
    expect(entries.map(({ recorded }) => recorded.event.type)).toEqual(['UserSignedUp']);
  });

  test('stops at what it does not know', async () => {
    const events = await stream([signUp], [start()]);
    const unknown = { ...events[1], type: 'SubscriptionTeleported' } as (typeof events)[number];
    await expect(timelineOf([...events.slice(0, 1), unknown])).rejects.toBeInstanceOf(UnknownEvent);
  });
});

test('an entry is shown without what is sealed, hashed or digested', async () => {
  const events = await stream([signUp], [activate(desk, 'desk', 'My desk')]);
  const { entries } = await timelineOf(events);
  const shown = entries.map(showEntry);
  expect(shown[1]).toEqual({
    revision: 1,
    position: '1/1',
    event_id: events[1]?.id,
    type: 'LicenseActivated',
    time: at(1),
    actor: { role: 'user', id: userId },
    correlation_id: 'correlation-1',
    causation_id: 'causation-1',
    schema_version: 2,
    data: expect.objectContaining({ licenseId: desk, clientId: 'desk' }),
    state: {
      status: 'active',
      subscriptions: [],
      subscription: null,
      licenses: { active: 1, deactivated: 0, revoked: 0 },
    },
    fault: null,
  });
  for (const text of ['eyJ', 'secret digest', 'personal']) expect(JSON.stringify(shown)).not.toContain(text);
});
