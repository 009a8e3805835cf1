import { expect, test } from 'vitest';
import { eventTime } from '../../../shared/events/event-time.ts';

test("an event's time is when it was decided, else the log's", () => {
  const created = new Date('2026-06-01T00:00:00.000Z');
  const decided = '2026-05-01T00:00:00.000Z';
  expect(eventTime({ metadata: { decidedAt: decided }, created })).toBe(Date.parse(decided));
  expect(eventTime({ metadata: {}, created })).toBe(created.getTime());
  expect(eventTime({ metadata: { decidedAt: 'nonsense' }, created })).toBe(created.getTime());
});
