import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TABLE_HEADER, tableLine } from '../../../cli/history/table.ts';
import { entryText, paintFor, stateText } from '../../../cli/history/timeline-text.ts';
import { changes, details, printable } from '../../../cli/history/words.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { showEntry } from '../../../shared/history/show.ts';
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
  subscriptionId,
  timelineOf,
  userId,
} from './given.ts';

const plain = paintFor(false);
const desk = randomUUID();
const end = (days: number) => ({ at: START + days * DAY, last: undefined });

describe('a timeline on a terminal', () => {
  test('says what happened, by whom, and what came of it', async () => {
    const events = await stream(
      [signUp],
      [start()],
      [activate(desk, 'desk', 'My desk')],
      [revoke(desk, 'desk')],
      [erase],
    );
    const { entries } = await timelineOf(events, { open: opener(key) });
    const lines = entries.flatMap((entry, i) => entryText(entry, entries[i - 1]?.state, plain));
    expect(lines).toEqual([
      '    0  2026-01-01 00:00:00.000Z  UserSignedUp             ada@example.com',
      '                                 by user  → active · no subscription · 0 clients',
      '    1  2026-01-02 00:00:00.000Z  SubscriptionStarted      pro, 2026-01-01 00:00Z to 2026-01-31 00:00Z',
      '                                 by user  → pro active until 2026-01-31 00:00Z',
      '    2  2026-01-03 00:00:00.000Z  LicenseActivated         desk (My desk)',
      '                                 by user  → 1 client',
      '    3  2026-01-04 00:00:00.000Z  LicenseRevoked           desk, "stolen"',
      '                                 by user  → 0 clients, 1 revoked',
      '    4  2026-01-05 00:00:00.000Z  UserErased',
      '                                 by user  → erased',
    ]);
  });

  test('ends with the state, and with the latest clients where they are many', async () => {
    const ids = Array.from({ length: 23 }, () => randomUUID());
    const clients = ids.map((id, i) => [activate(id, `client-${i}`), 1] as const);
    const { timeline, entries } = await timelineOf(await stream([signUp, 0], [start(), 1], ...clients));
    const lines = stateText(timeline.state, { ...end(40), last: entries.at(-1)?.recorded }, plain);
    expect(lines.slice(0, 5)).toEqual([
      'As of 2026-02-10 00:00:00.000Z, with event 24 at 24/24',
      '  user          active, since 2026-01-01 00:00Z',
      '  subscription  pro expired, 2026-01-01 00:00Z to 2026-01-31 00:00Z',
      '  clients       23 active, 0 revoked, 0 deactivated',
      '    … and 3 earlier ones (all: --state --json)',
    ]);
    expect(lines).toHaveLength(25);
    expect(lines.at(-1)).toContain('client-22');
    const nobody = (await timelineOf([])).timeline.state;
    expect(stateText(nobody, end(0), plain)).toEqual([
      'As of 2026-01-01 00:00:00.000Z',
      '  not signed up yet',
    ]);
  });

  test('shows the subscription of each product, and of an event what is new of them', async () => {
    const pdf = start();
    if (pdf.type !== 'SubscriptionStarted') throw new Error('not a start');
    const another = {
      ...pdf.data,
      subscriptionId: randomUUID(),
      product: 'pdf',
      quantity: 5,
      externalId: 'sub_7',
    };
    const { timeline, entries } = await timelineOf(
      await stream([signUp], [start()], [{ type: 'SubscriptionStarted', data: another }]),
    );
    expect(entryText(entries[2] as (typeof entries)[number], entries[1]?.state, plain)).toEqual([
      '    2  2026-01-03 00:00:00.000Z  SubscriptionStarted      pdf pro × 5, 2026-01-01 00:00Z to 2026-01-31 00:00Z, sub_7',
      '                                 by user  → pdf pro × 5 active until 2026-01-31 00:00Z',
    ]);
    expect(stateText(timeline.state, end(5), plain).slice(2, 4)).toEqual([
      '  subscription  pro active, 2026-01-01 00:00Z to 2026-01-31 00:00Z',
      '  subscription  pdf pro × 5 active, 2026-01-01 00:00Z to 2026-01-31 00:00Z, sub_7',
    ]);
    const fields = tableLine(showEntry(entries[2] as (typeof entries)[number])).split('\t');
    expect(fields.at(-1)).toBe(
      'pro active until 2026-01-31 00:00Z; pdf pro × 5 active until 2026-01-31 00:00Z',
    );
  });

  test('does not say of a suspension that it ends with the subscription', async () => {
    const suspended = { userId, subscriptionId, personal: {} };
    const { entries } = await timelineOf(
      await stream([signUp], [start()], [{ type: 'SubscriptionSuspended', data: suspended }]),
    );
    const [, after] = entryText(entries[2] as (typeof entries)[number], entries[1]?.state, plain);
    expect(after).toMatch(/→ pro suspended, end date 2026-01-31 00:00Z$/);
  });

  test('shows license keys by what is left of them', async () => {
    const [used, ended] = ['01900000-0000-7000-b000-000000000001', '01900000-0000-7000-b000-000000000002'];
    const issue = (keyId: string, more: object): NewUserEvent => {
      const data = { userId, keyId, product: 'app', keyDigest: 'a'.repeat(64), personal: {}, ...more };
      return { type: 'LicenseKeyIssued', data };
    };
    const byKey = activate(desk, 'desk') as Extract<NewUserEvent, { type: 'LicenseActivated' }>;
    const { timeline, entries } = await timelineOf(
      await stream(
        [signUp, 0],
        [start(), 1],
        [issue(used, { uses: 2 }), 2],
        [issue(ended, { expiresAt: at(10) }), 3],
        [{ ...byKey, data: { ...byKey.data, keyId: used, keyUses: 1 } }, 4],
      ),
    );
    expect(entryText(entries[2] as (typeof entries)[number], undefined, plain)[0]).toContain(
      'LicenseKeyIssued         for 2 clients',
    );
    const keysAsOf = (days: number) =>
      stateText(timeline.state, end(days), plain).filter((line) => line.includes('license key'));
    expect(keysAsOf(9)).toEqual([
      `  license key   good, 1 of 2 uses left  ${used}`,
      `  license key   good, until ${at(10).slice(0, 10)} 00:00Z  ${ended}`,
    ]);
    expect(keysAsOf(11)[1]).toContain('expired');
  });

  test('lets nobody steer it', async () => {
    const sly = 'a\u001b[2Jb\u202ec\td';
    expect(printable(sly)).toBe('a\ufffd[2Jb\ufffdc\ufffdd');
    expect(details({ clientId: sly }, { reason: sly, email: sly, clientName: sly })).not.toMatch(
      /[\p{Cc}\p{Cf}]/u,
    );
    const { entries } = await timelineOf(await stream([signUp], [activate(desk, sly, sly)]), {
      open: opener(key),
    });
    const line = tableLine(showEntry(entries[1] as (typeof entries)[number]));
    expect(line.split('\t')).toHaveLength(TABLE_HEADER.split('\t').length);
  });

  test('paints only if it is told to', () => {
    expect(paintFor(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(plain('red', 'x')).toBe('x');
  });
});

describe('what an event says', () => {
  const end = '2026-02-10T00:00:00.000Z';
  test.each<[Parameters<typeof details>, string]>([
    [[{ plan: 'pro', product: 'app', quantity: 1, trial: false }], 'pro'],
    [[{ plan: 'pro', product: 'pdf', quantity: 5, trial: false }], 'pdf pro × 5'],
    [[{ plan: 'basic', product: 'app', quantity: 1, trial: true }], 'trial of basic'],
    [[{ product: 'app', clientId: 'desk' }], 'desk'],
    [
      [
        { product: 'pdf', clientId: 'desk', keyId: 'K', keyUses: 2, replaces: 'L' },
        { clientName: 'My desk' },
      ],
      'pdf, desk (My desk), by license key K, in place of license L',
    ],
    [
      [{ product: 'app', keyId: 'K', uses: 10, expiresAt: end }, { note: 'for the lab' }],
      'until 2026-02-10 00:00Z, for 10 clients, "for the lab"',
    ],
    [[{ product: 'pdf', keyId: 'K', imported: true }], 'pdf, made by another system'],
    [[{ keyId: 'K' }, { reason: 'leaked' }], '"leaked"'],
    [[{ externalId: 'cus_1' }, { email: 'ada@example.com', name: 'Ada' }], 'ada@example.com, Ada, cus_1'],
    [[{ resetId: 'R', expiresAt: end }], 'until 2026-02-10 00:00Z'],
    [[{ resetId: 'R' }], 'by a reset'],
    [[{ emailBlocked: true }], 'the email stays blocked'],
    [[{ emailBlocked: false }], ''],
  ])('%j: %s', (given, words) => {
    expect(details(...given)).toBe(words);
  });
});

test('changes are what is new of the state', () => {
  const before = {
    status: 'active' as const,
    subscriptions: [],
    subscription: null,
    licenses: { active: 1, deactivated: 0, revoked: 0 },
  };
  expect(changes(undefined, before)).toEqual(['active', 'no subscription', '1 client']);
  expect(changes(before, before)).toEqual([]);
  expect(changes(before, { ...before, status: 'erased' })).toEqual(['erased']);
  expect(changes(before, undefined)).toEqual([]);
});
