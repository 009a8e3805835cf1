import { describe, expect, it } from 'vitest';
import { LATEST_END } from '../../../command-service/domain/period.ts';
import {
  activated,
  cancelled,
  codeOf,
  DAY,
  erased,
  events,
  NOW,
  renewed,
  Story,
  SUB,
  signedUp,
  started,
  suspension,
  terms,
  USER,
} from './given.ts';

const END = NOW + 30 * DAY;
const renew = (period: { months: number } | { endDate: number }) =>
  ({ type: 'RenewSubscription', subscriptionId: SUB, period }) as const;
const change = (plan: string) => ({ type: 'ChangePlan', subscriptionId: SUB, plan }) as const;
const invalid = (field: string) => ({ code: 'invalid_field', field });
const rejection = (story: Story, command: Parameters<Story['when']>[0]) => {
  const decision = story.when(command);
  return decision.kind === 'rejected' ? decision.rejection : decision.kind;
};
describe('renewing', () => {
  it('extends from the end date, running or within the grace', () => {
    const endDate = Date.UTC(2026, 1, 28, 12);
    const given = () => Story.given(signedUp, started('pro', NOW, endDate));
    expect(given().when(renew({ months: 1 }))).toEqual(events(renewed(Date.UTC(2026, 2, 31, 12))));
    expect(
      given()
        .at(endDate + 6 * DAY)
        .when(renew({ months: 2 })),
    ).toEqual(events(renewed(Date.UTC(2026, 3, 30, 12))));
    expect(Story.given(signedUp, started()).when(renew({ months: 1 }))).toEqual(
      events(renewed(Date.UTC(2026, 3, 2, 12))),
    );
  });

  it('takes a later end date, and has nothing to do for the same one', () => {
    const story = Story.given(signedUp, started());
    expect(story.when(renew({ endDate: END + 1 }))).toEqual(events(renewed(END + 1)));
    expect(codeOf(story.when(renew({ endDate: END })))).toBe('nothing');
    expect(rejection(story, renew({ endDate: END - 1 }))).toMatchObject(invalid('end_date'));
  });

  it('names months out of range, and an end beyond the calendar', () => {
    const story = Story.given(signedUp, started('pro', NOW, LATEST_END));
    expect(rejection(story, renew({ months: 121 }))).toMatchObject(invalid('months'));
    expect(rejection(story, renew({ months: 1 }))).toMatchObject(invalid('months'));
    expect(rejection(story, renew({ endDate: LATEST_END + 1 }))).toMatchObject(invalid('end_date'));
  });

  it('takes back a cancellation that has not ended, also with the same end date', () => {
    const story = Story.given(signedUp, started(), cancelled(END));
    expect(story.when(renew({ endDate: END }))).toEqual(events(renewed(END)));
    story.does(renew({ months: 1 }));
    expect(story.state.subscriptions.last).toMatchObject({ cancelled: false });
  });

  it('leaves a suspension in force', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(codeOf(story.does(renew({ months: 1 })))).toBe('events');
    expect(story.state.subscriptions.last?.suspended).toBe(true);
  });

  it('is refused after the grace, and after the end of a cancelled one', () => {
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(renew({ months: 1 })),
      ),
    ).toBe('subscription_ended');
    const story = Story.given(signedUp, started(), cancelled(END)).at(END);
    expect(rejection(story, renew({ months: 1 }))).toMatchObject({
      code: 'subscription_ended',
      subscription: { subscriptionId: SUB },
    });
  });

  it('leaves operator plans to operators, also plans that the catalogue no longer has', () => {
    expect(codeOf(Story.given(signedUp, started('enterprise')).when(renew({ months: 1 })))).toBe(
      'forbidden_plan',
    );
    const gone = Story.given(signedUp, started());
    gone.catalogue = { products: new Map() };
    expect(codeOf(gone.when(renew({ months: 1 })))).toBe('forbidden_plan');
    expect(codeOf(gone.by('operator').when(renew({ months: 1 })))).toBe('events');
  });

  it('does not find a subscription of nobody', () => {
    expect(rejection(Story.given(signedUp), renew({ months: 1 }))).toEqual({
      code: 'not_found',
      what: 'subscription',
    });
    expect(codeOf(Story.given(signedUp, started(), erased).when(renew({ months: 1 })))).toBe('not_found');
  });
});

describe('changing the plan', () => {
  it('copies the terms of the new plan', () => {
    expect(Story.given(signedUp, started()).when(change('basic'))).toEqual(
      events({
        type: 'SubscriptionPlanChanged',
        data: {
          product: 'app',
          quantity: 1,
          userId: USER,
          subscriptionId: SUB,
          plan: 'basic',
          terms: terms('basic'),
        },
      }),
    );
  });

  it('to the same plan is nothing', () => {
    expect(codeOf(Story.given(signedUp, started()).when(change('pro')))).toBe('nothing');
  });

  it('leaves suspension, cancellation and dates as they are, and takes over the grace', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended'), cancelled(END));
    story.does(change('basic'));
    expect(story.state.subscriptions.last).toMatchObject({
      plan: 'basic',
      suspended: true,
      cancelled: true,
      graceDays: 3,
      endDate: END,
    });
  });

  it('is refused to a plan with fewer clients than are active', () => {
    const story = Story.given(signedUp, started(), activated(1), activated(2));
    expect(rejection(story, change('free'))).toEqual({ code: 'too_many_clients', limit: 1, active: 2 });
    expect(codeOf(story.when(change('basic')))).toBe('events');
  });

  it('leaves operator plans to operators, in both directions', () => {
    expect(codeOf(Story.given(signedUp, started()).when(change('enterprise')))).toBe('forbidden_plan');
    expect(codeOf(Story.given(signedUp, started('enterprise')).when(change('pro')))).toBe('forbidden_plan');
    expect(codeOf(Story.given(signedUp, started()).by('operator').when(change('enterprise')))).toBe('events');
  });

  it('names a plan that does not exist, and is refused when the subscription is over', () => {
    expect(rejection(Story.given(signedUp, started()), change('gold'))).toMatchObject(invalid('plan'));
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(change('basic')),
      ),
    ).toBe('subscription_ended');
  });
});
