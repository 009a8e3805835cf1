import { describe, expect, it } from 'vitest';
import { LATEST_END, type Period } from '../../../command-service/domain/period.ts';

import { timeOfUuidv7 } from '../../../shared/ids.ts';
import {
  activated,
  at,
  cancelled,
  codeOf,
  DAY,
  events,
  NOW,
  newId,
  Story,
  SUB,
  signedUp,
  started,
  suspension,
  terms,
  USER,
} from './given.ts';

const END = NOW + 30 * DAY;
const start = (plan = 'pro', period: Period = { months: 1 }) =>
  ({ type: 'StartSubscription', plan, period }) as const;
const invalid = (field: string) => ({ code: 'invalid_field', field });
const rejection = (story: Story, command: Parameters<Story['when']>[0]) => {
  const decision = story.when(command);
  return decision.kind === 'rejected' ? decision.rejection : decision.kind;
};
describe('starting a subscription', () => {
  it('counts months in UTC, clamped to the end of the month, and copies the terms of the plan', () => {
    const endDate = Date.UTC(2026, 1, 28, 12);
    expect(Story.given(signedUp).when({ ...start(), externalId: 'bill-1' })).toEqual(
      events({
        type: 'SubscriptionStarted',
        data: {
          product: 'app',
          quantity: 1,
          trial: false,
          userId: USER,
          subscriptionId: newId(1, NOW),
          plan: 'pro',
          terms: terms('pro'),
          startDate: at(NOW),
          endDate: at(endDate),
          externalId: 'bill-1',
        },
      }),
    );
  });

  it('takes explicit dates, and its id carries the start date', () => {
    const period = { startDate: NOW + 10 * DAY, endDate: NOW + 40 * DAY };
    const decision = Story.given(signedUp).when(start('pro', period));
    const subscriptionId = newId(1, period.startDate);
    expect(decision).toMatchObject({
      events: [{ data: { subscriptionId, startDate: at(period.startDate), endDate: at(period.endDate) } }],
    });
    expect(timeOfUuidv7(subscriptionId)).toBe(period.startDate);
  });

  it.each([
    ['months', { months: 0 }],
    ['months', { months: 121 }],
    ['months', { months: 1.5 }],
    ['end_date', { startDate: NOW, endDate: NOW }],
    ['end_date', { startDate: NOW - 2 * DAY, endDate: NOW }],
    ['end_date', { startDate: NOW, endDate: LATEST_END + 1 }],
    ['start_date', { startDate: Date.UTC(2027, 0, 31, 12) + 1, endDate: Date.UTC(2028, 0, 1) }],
    ['start_date', { startDate: Date.UTC(2016, 0, 31, 12) - 1, endDate: END }],
  ] as const)('names %s for %j', (field, period) => {
    expect(rejection(Story.given(signedUp), start('pro', period))).toMatchObject(invalid(field));
  });

  it.each([
    { months: 1 },
    { months: 120 },
    { startDate: NOW - 2 * DAY, endDate: NOW + 1 },
    { startDate: Date.UTC(2027, 0, 31, 12), endDate: Date.UTC(2028, 0, 1) },
    { startDate: NOW, endDate: LATEST_END },
  ])('accepts %j', (period) => {
    expect(codeOf(Story.given(signedUp).when(start('pro', period)))).toBe('events');
  });

  it('names a plan that does not exist', () => {
    expect(rejection(Story.given(signedUp), start('gold'))).toMatchObject(invalid('plan'));
    expect(rejection(Story.given(signedUp), start('constructor'))).toMatchObject(invalid('plan'));
  });

  it('leaves operator plans to operators', () => {
    expect(rejection(Story.given(signedUp), start('enterprise'))).toEqual({
      code: 'forbidden_plan',
      plan: 'enterprise',
    });
    expect(codeOf(Story.given(signedUp).by('operator').when(start('enterprise')))).toBe('events');
  });

  it('is refused while another is current: scheduled, running, suspended, cancelled and not ended, in its grace', () => {
    const scheduled = Story.given(signedUp, started('pro', NOW + DAY, END));
    expect(codeOf(scheduled.when(start()))).toBe('subscription_exists');
    expect(codeOf(Story.given(signedUp, started()).when(start()))).toBe('subscription_exists');
    const suspended = Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(codeOf(suspended.when(start()))).toBe('subscription_exists');
    expect(codeOf(Story.given(signedUp, started(), cancelled(END)).when(start()))).toBe(
      'subscription_exists',
    );
    const grace = Story.given(signedUp, started()).at(END + 7 * DAY - 1);
    expect(rejection(grace, start())).toMatchObject({
      code: 'subscription_exists',
      subscription: { subscriptionId: SUB },
    });
  });

  it('is free again when the grace is over, and at once after the end of a cancelled one', () => {
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(start()),
      ),
    ).toBe('events');
    expect(codeOf(Story.given(signedUp, started(), cancelled(END)).at(END).when(start()))).toBe('events');
  });

  it('is refused for a plan with fewer clients than are active; the active ones go on under a larger one', () => {
    const story = Story.given(signedUp, started(), activated(1), activated(2), activated(3), activated(4));
    story.at(END + 7 * DAY);
    expect(rejection(story, start('basic'))).toEqual({ code: 'too_many_clients', limit: 3, active: 4 });
    expect(codeOf(story.does(start('pro')))).toBe('events');
    expect(story.state.licenses.active).toBe(4);
  });

  it('makes the one started last the one that counts', () => {
    const story = Story.given(signedUp, started()).at(END + 7 * DAY);
    story.does(start('basic'));
    expect(story.state.subscriptions.last?.plan).toBe('basic');
    story.happened(suspension('SubscriptionReinstated'));
    expect(story.state.subscriptions.last?.plan).toBe('basic');
  });
});
