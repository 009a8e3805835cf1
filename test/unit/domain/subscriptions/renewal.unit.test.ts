import { describe, expect, it } from 'vitest';
import type { NewUserEvent } from '../../../../shared/events/types.ts';
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
  start,
  started,
  suspension,
  terms,
  USER,
  withCustomersPlan,
} from '../given.ts';

const END = NOW + 30 * DAY;
const IN_TEN_YEARS = Date.UTC(2036, 0, 31, 12);
const renew = (period: { months: number } | { endDate: number }) =>
  ({ type: 'RenewSubscription', subscriptionId: SUB, period }) as const;
const change = (plan: string, quantity?: number) =>
  ({ type: 'ChangePlan', subscriptionId: SUB, plan, quantity }) as const;
const invalid = (field: string) => ({ code: 'invalid_field', field });
const staff = (...history: readonly NewUserEvent[]) => Story.given(...history).by('operator');
const rejection = (story: Story, command: Parameters<Story['when']>[0]) => {
  const decision = story.when(command);
  return decision.kind === 'rejected' ? decision.rejection : decision.kind;
};
describe('renewing', () => {
  it('extends from the end date, running or within the grace', () => {
    const endDate = Date.UTC(2026, 1, 28, 12);
    const given = () => staff(signedUp, started('pro', NOW, endDate));
    expect(given().when(renew({ months: 1 }))).toEqual(events(renewed(Date.UTC(2026, 2, 31, 12))));
    expect(
      given()
        .at(endDate + 6 * DAY)
        .when(renew({ months: 2 })),
    ).toEqual(events(renewed(Date.UTC(2026, 3, 30, 12))));
    expect(staff(signedUp, started()).when(renew({ months: 1 }))).toEqual(
      events(renewed(Date.UTC(2026, 3, 2, 12))),
    );
  });

  it('takes a later end date; to the one it has or an earlier one it is nothing, whatever has become of it', () => {
    const given = () => staff(signedUp, started());
    expect(given().when(renew({ endDate: END + 1 }))).toEqual(events(renewed(END + 1)));
    for (const story of [
      given(),
      given().happened(cancelled(END)),
      given().happened(suspension('SubscriptionSuspended')),
      given().at(END + 100 * DAY),
    ]) {
      expect(codeOf(story.when(renew({ endDate: END })))).toBe('nothing');
      expect(codeOf(story.when(renew({ endDate: END - DAY })))).toBe('nothing');
    }
  });

  it('ends at most ten years ahead of now', () => {
    const story = staff(signedUp, started('pro', NOW, IN_TEN_YEARS - DAY));
    expect(rejection(story, renew({ months: 121 }))).toMatchObject(invalid('months'));
    expect(rejection(story, renew({ months: 1 }))).toMatchObject(invalid('months'));
    expect(rejection(story, renew({ endDate: IN_TEN_YEARS + 1 }))).toMatchObject(invalid('end_date'));
    expect(codeOf(story.when(renew({ endDate: IN_TEN_YEARS })))).toBe('events');
    expect(codeOf(story.at(NOW + 40 * DAY).when(renew({ months: 1 })))).toBe('events');
  });

  it('leaves a suspension in force', () => {
    const story = staff(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(codeOf(story.does(renew({ months: 1 })))).toBe('events');
    expect(story.subscription?.suspended).toBe(true);
  });

  it('is refused after the grace, and of a cancelled one, which is withdrawn first', () => {
    expect(
      codeOf(
        staff(signedUp, started())
          .at(END + 7 * DAY)
          .when(renew({ months: 1 })),
      ),
    ).toBe('subscription_ended');
    const story = staff(signedUp, started(), cancelled(END));
    expect(rejection(story, renew({ months: 1 }))).toMatchObject({
      code: 'subscription_cancelled',
      subscription: { subscriptionId: SUB },
    });
    expect(rejection(story.at(END), renew({ months: 1 }))).toMatchObject({
      code: 'subscription_ended',
      subscription: { subscriptionId: SUB },
    });
  });

  it('took a cancellation back in releases before level 2', () => {
    const story = Story.given(signedUp, started(), cancelled(END), renewed(END + DAY));
    expect(story.subscription).toMatchObject({ cancelled: false, cancelledBy: null, endDate: END + DAY });
  });

  it('by the customer is for what the catalogue gives customers, in quantity 1, and no trial', () => {
    const extension = renew({ months: 1 });
    expect(codeOf(Story.given(signedUp, started('free')).when(extension))).toBe('events');
    const refused = (because: string) => ({ code: 'plan_not_self_service', because });
    expect(rejection(Story.given(signedUp, started('pro')), extension)).toMatchObject(refused('plan'));
    const many = Story.given(signedUp).by('operator');
    many.does({ ...start('free'), quantity: 2 });
    const id = many.subscription?.subscriptionId ?? '';
    expect(rejection(many.by('user'), { ...extension, subscriptionId: id })).toMatchObject(
      refused('quantity'),
    );
    const tried = Story.given(signedUp);
    tried.does({ ...start('pro'), trial: true, period: undefined });
    const trialId = tried.subscription?.subscriptionId ?? '';
    expect(rejection(tried, { ...extension, subscriptionId: trialId })).toMatchObject(refused('plan'));
    expect(codeOf(tried.by('staff').when({ ...extension, subscriptionId: trialId }))).toBe('events');
  });

  it('of a trial is for staff, also where the customer may start its plan', () => {
    const story = Story.given(signedUp);
    story.catalogue = withCustomersPlan('lite');
    story.does({ ...start('lite'), trial: true, period: undefined });
    const command = { ...renew({ months: 1 }), subscriptionId: story.subscription?.subscriptionId ?? '' };
    expect(codeOf(story.when(command))).toBe('plan_not_self_service');
    expect(codeOf(story.by('operator').when(command))).toBe('events');
  });

  it('of a plan that is sold no longer is for staff', () => {
    const gone = Story.given(signedUp, started('free'));
    gone.catalogue = { products: new Map() };
    expect(codeOf(gone.when(renew({ months: 1 })))).toBe('plan_not_self_service');
    expect(codeOf(gone.by('operator').when(renew({ months: 1 })))).toBe('events');
  });

  it('is not for the customer while staff suspend it, nor after they cancelled it', () => {
    const suspended = Story.given(signedUp, started('free'), suspension('SubscriptionSuspended'));
    expect(codeOf(suspended.when(renew({ months: 1 })))).toBe('subscription_suspended');
    const story = Story.given(signedUp, started('free'), cancelled(END));
    expect(codeOf(story.when(renew({ months: 1 })))).toBe('subscription_cancelled');
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
  const changed = (plan: string, quantity: number) =>
    events({
      type: 'SubscriptionPlanChanged',
      data: { product: 'app', quantity, userId: USER, subscriptionId: SUB, plan, terms: terms(plan) },
    });

  it('copies the terms of the new plan, and keeps the quantity unless another is named', () => {
    const story = staff(signedUp, started());
    expect(story.when(change('basic'))).toEqual(changed('basic', 1));
    expect(story.does(change('basic', 3))).toEqual(changed('basic', 3));
    expect(story.when(change('pro'))).toEqual(changed('pro', 3));
  });

  it('to the same plan and quantity is nothing', () => {
    expect(codeOf(staff(signedUp, started()).when(change('pro')))).toBe('nothing');
    expect(codeOf(staff(signedUp, started()).when(change('pro', 1)))).toBe('nothing');
  });

  it('to another quantity of the same plan leaves its terms as they were sold, also where it is sold no longer', () => {
    const story = staff(signedUp, started());
    story.catalogue = { products: new Map() };
    expect(story.when(change('pro', 2))).toEqual(changed('pro', 2));
  });

  it('multiplies the clients', () => {
    const story = staff(signedUp, started('free'), activated(1));
    story.does(change('free', 2));
    expect(codeOf(story.does({ type: 'ActivateClient', clientId: 'client-2' }))).toBe('events');
    expect(rejection(story, change('free', 1))).toEqual({ code: 'too_many_clients', limit: 1, active: 2 });
    expect(rejection(story, { type: 'ActivateClient', clientId: 'client-3' })).toMatchObject({
      code: 'client_limit_reached',
      limit: 2,
    });
  });

  it('leaves suspension, cancellation and dates as they are, and takes over the grace', () => {
    const story = staff(signedUp, started(), suspension('SubscriptionSuspended'), cancelled(END));
    story.does(change('basic'));
    expect(story.subscription).toMatchObject({
      plan: 'basic',
      suspended: true,
      cancelled: true,
      graceDays: 3,
      endDate: END,
    });
  });

  it('is refused to a plan with fewer clients than are active', () => {
    const story = staff(signedUp, started(), activated(1), activated(2));
    expect(rejection(story, change('free'))).toEqual({ code: 'too_many_clients', limit: 1, active: 2 });
    expect(codeOf(story.when(change('basic')))).toBe('events');
    expect(codeOf(story.when(change('free', 2)))).toBe('events');
  });

  it('by the customer is between the plans that the catalogue gives customers, in quantity 1', () => {
    const story = Story.given(signedUp, started('free'));
    expect(codeOf(story.when(change('pro')))).toBe('plan_not_self_service');
    expect(rejection(story, change('free', 2))).toMatchObject({ because: 'quantity' });
    expect(codeOf(Story.given(signedUp, started('pro')).when(change('free')))).toBe('plan_not_self_service');
    story.catalogue = withCustomersPlan('lite');
    expect(codeOf(story.when(change('lite')))).toBe('events');
  });

  it('is not for the customer while staff suspend it, nor after they cancelled it', () => {
    const suspended = Story.given(signedUp, started('free'), suspension('SubscriptionSuspended'));
    suspended.catalogue = withCustomersPlan('lite');
    expect(codeOf(suspended.when(change('lite')))).toBe('subscription_suspended');
    const ended = Story.given(signedUp, started('free'), cancelled(END));
    ended.catalogue = withCustomersPlan('lite');
    expect(codeOf(ended.when(change('lite')))).toBe('cancelled_by_staff');
    expect(codeOf(ended.by('operator').when(change('lite')))).toBe('events');
  });

  it('names the plans that exist, and is refused when the subscription is over', () => {
    expect(rejection(staff(signedUp, started()), change('gold'))).toMatchObject({
      ...invalid('plan'),
      detail: expect.stringContaining('free, basic, pro, enterprise'),
    });
    expect(
      codeOf(
        staff(signedUp, started())
          .at(END + 7 * DAY)
          .when(change('basic')),
      ),
    ).toBe('subscription_ended');
  });
});
