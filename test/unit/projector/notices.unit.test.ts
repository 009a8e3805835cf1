import { describe, expect, test } from 'vitest';
import { toNotices } from '../../../projector/caches/notices.ts';
import { rangeOf } from '../../../projector/schemas/partitions.ts';
import { noticeSchema } from '../../../shared/read-model/notices.ts';

const view = (position: string) => ({ position, loadedAt: 1 });

describe('notices', () => {
  test('an empty batch is one notice', () => {
    const nothing = { users: new Map(), licenses: new Map() };
    expect(toNotices(nothing, '1/1', '2/2')).toEqual([
      { before: '1/1', after: '2/2', users: [], licenses: [] },
    ]);
  });

  test('a large one is cut; only the last part moves on', () => {
    const users = new Map(
      Array.from({ length: 700 }, (_, i) => [`u${i}`, { ...view(`${i}/0`), user: null }]),
    );
    const licenses = new Map(
      Array.from({ length: 1_400 }, (_, i) => [`l${i}`, { ...view(`${i}/0`), license: null }]),
    );
    const notices = toNotices({ users, licenses }, '1/1', '2/2');
    expect(notices.map(({ before, after }) => [before, after])).toEqual([
      ['1/1', '1/1'],
      ['1/1', '1/1'],
      ['1/1', '2/2'],
    ]);
    expect(notices.flatMap((notice) => notice.users)).toHaveLength(700);
    expect(notices.flatMap((notice) => notice.licenses)).toHaveLength(1_400);
    for (const notice of notices) noticeSchema.parse(notice);
  });
});

describe('partition ranges', () => {
  const name = (table: string, unit: 'year' | 'day', at: string) => rangeOf({ table, unit }, Date.parse(at));
  test('are years and days of UTC', () => {
    expect(name('subscriptions', 'year', '2027-12-31T23:59:59.999Z')).toEqual({
      name: 'subscriptions_2027',
      from: '2027-01-01T00:00:00.000Z',
      to: '2028-01-01T00:00:00.000Z',
    });
    expect(name('rate_limits', 'day', '2028-02-29T00:00:00Z')).toEqual({
      name: 'rate_limits_20280229',
      from: '2028-02-29T00:00:00.000Z',
      to: '2028-03-01T00:00:00.000Z',
    });
    expect(name('rate_limits', 'day', '1969-12-31T12:00:00Z').name).toBe('rate_limits_19691231');
  });
});
