import { describe, expect, it } from 'vitest';
import type { StartSubscription } from '../../../../command-service/domain/subscriptions/commands.ts';
import type { NewUserEvent } from '../../../../shared/events/types.ts';
import { timeOfUuidv7 } from '../../../../shared/ids.ts';
import {
  activated,
  at,
  cancelled,
  codeOf,
  DAY,
  erased,
  events,
  NOW,
  newId,
  Story,
  SUB,
  signedUp,
  start,
  started,
  suspension,
  TWO_PRODUCTS,
  terms,
  USER,
} from '../given.ts';

const END = NOW + 30 * DAY;
const IN_TEN_YEARS = Date.UTC(2036, 0, 31, 12);
const invalid = (field: string) => ({ code: 'invalid_field', field });
const notSelfService = (because: string) => ({ code: 'plan_not_self_service', because });
const rejection = (story: Story, command: StartSubscription) => {
  const decision = story.when(command);
  return decision.kind === 'rejected' ? decision.rejection : decision.kind;
};
const staff = (...history: readonly NewUserEvent[]) => Story.given(...history).by('operator');

describe('starting a subscription', () => {
  it('counts months in UTC, clamped to the end of the month, and copies the terms of the plan', () => {
    const endDate = Date.UTC(2026, 1, 28, 12);
    expect(staff(signedUp).when({ ...start('pro'), quantity: 3, externalId: 'bill-1' })).toEqual(
      events({
        type: 'SubscriptionStarted',
        data: {
          product: 'app',
          quantity: 3,
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
    const decision = staff(signedUp).when(start('pro', period));
    const subscriptionId = newId(1, period.startDate);
    expect(decision).toMatchObject({
      events: [{ data: { subscriptionId, startDate: at(period.startDate), endDate: at(period.endDate) } }],
    });
    expect(timeOfUuidv7(subscriptionId)).toBe(period.startDate);
  });

  it('takes the id that was reserved for it', () => {
    const decision = staff(signedUp).when({ ...start(), subscriptionId: SUB });
    expect(decision).toMatchObject({ events: [{ data: { subscriptionId: SUB } }] });
  });

  it.each([
    ['months', { months: 0 }],
    ['months', { months: 121 }],
    ['months', { months: 1.5 }],
    ['end_date', { startDate: NOW, endDate: NOW }],
    ['end_date', { startDate: NOW, endDate: IN_TEN_YEARS + 1 }],
    ['start_date', { startDate: Date.UTC(2027, 0, 31, 12) + 1, endDate: Date.UTC(2028, 0, 1) }],
    ['start_date', { startDate: Date.UTC(2016, 0, 31, 12) - 1, endDate: END }],
  ] as const)('names %s for %j', (field, period) => {
    expect(rejection(staff(signedUp), start('pro', period))).toMatchObject(invalid(field));
  });

  it.each([
    { months: 1 },
    { months: 120 },
    { startDate: NOW - 2 * DAY, endDate: NOW + 1 },
    { startDate: NOW - 20 * DAY, endDate: NOW - 10 * DAY },
    { startDate: Date.UTC(2027, 0, 31, 12), endDate: Date.UTC(2028, 0, 1) },
    { startDate: NOW, endDate: IN_TEN_YEARS },
  ])('accepts %j', (period) => {
    expect(codeOf(staff(signedUp).when(start('pro', period)))).toBe('events');
  });

  it('names the plans and products that exist', () => {
    expect(rejection(staff(signedUp), start('gold'))).toMatchObject({
      ...invalid('plan'),
      detail: expect.stringContaining('free, basic, pro, enterprise'),
    });
    expect(rejection(staff(signedUp), start('constructor'))).toMatchObject(invalid('plan'));
    const story = staff(signedUp);
    story.catalogue = TWO_PRODUCTS;
    const named = { ...invalid('product'), detail: expect.stringContaining('app, studio') };
    expect(rejection(story, start('pro'))).toMatchObject(named);
    expect(rejection(story, { ...start('pro'), product: 'game' })).toMatchObject(named);
    expect(codeOf(story.when({ ...start('pro'), product: 'studio' }))).toBe('events');
  });

  it('is refused for a plan with fewer clients than are active; the active ones go on under a larger one', () => {
    const story = staff(signedUp, started(), activated(1), activated(2), activated(3), activated(4));
    story.at(END + 7 * DAY);
    expect(rejection(story, start('basic'))).toEqual({ code: 'too_many_clients', limit: 3, active: 4 });
    expect(codeOf(story.when({ ...start('basic'), quantity: 2 }))).toBe('events');
    expect(codeOf(story.does(start('pro')))).toBe('events');
    expect(story.licenses.active).toBe(4);
  });
});

describe('one current subscription a product', () => {
  it('is refused while another is current: scheduled, running, cancelled and not ended, in its grace', () => {
    expect(codeOf(staff(signedUp, started('pro', NOW + DAY, END)).when(start()))).toBe('subscription_exists');
    expect(codeOf(staff(signedUp, started()).when(start()))).toBe('subscription_exists');
    expect(codeOf(staff(signedUp, started(), cancelled(END)).when(start()))).toBe('subscription_exists');
    expect(rejection(staff(signedUp, started()).at(END + 7 * DAY - 1), start())).toMatchObject({
      code: 'subscription_exists',
      subscription: { subscriptionId: SUB },
    });
    expect(codeOf(Story.given(signedUp, started()).when(start('free')))).toBe('subscription_exists');
  });

  it('is free again when the grace is over, and at once after the end of a cancelled one', () => {
    expect(
      codeOf(
        staff(signedUp, started())
          .at(END + 7 * DAY)
          .when(start()),
      ),
    ).toBe('events');
    expect(codeOf(staff(signedUp, started(), cancelled(END)).at(END).when(start()))).toBe('events');
  });

  it('has another one of another product beside it, with places of its own', () => {
    const story = staff(signedUp, started('free'), activated(1));
    story.catalogue = TWO_PRODUCTS;
    expect(codeOf(story.does({ ...start('free'), product: 'studio' }))).toBe('events');
    expect(codeOf(story.does({ type: 'ActivateClient', clientId: 'client-1', product: 'studio' }))).toBe(
      'events',
    );
    expect(story.licenses.active).toBe(1);
    expect(codeOf(story.when({ type: 'ActivateClient', clientId: 'client-2', product: 'studio' }))).toBe(
      'client_limit_reached',
    );
  });

  it('leaves what counts alone when staff enter what was over before', () => {
    const story = staff(signedUp, started('pro'), activated(1), activated(2));
    const before = story.subscription;
    expect(codeOf(story.does(start('free', { startDate: NOW - 90 * DAY, endDate: NOW - 60 * DAY })))).toBe(
      'events',
    );
    expect(story.subscription).toBe(before);
    const over = staff(signedUp, started()).at(END + 100 * DAY);
    over.does(start('basic', { startDate: NOW - 90 * DAY, endDate: NOW - 60 * DAY }));
    expect(over.subscription?.plan).toBe('pro');
    over.does(start('basic', { startDate: NOW, endDate: END + DAY }));
    expect(over.subscription?.plan).toBe('basic');
  });

  it('and what is over takes the place of what ended earlier only with room for the active clients', () => {
    const story = staff(signedUp, started(), activated(1), activated(2)).at(END + 100 * DAY);
    const period = { startDate: NOW, endDate: END + DAY };
    expect(codeOf(story.when(start('free', period)))).toBe('too_many_clients');
  });
});

describe('what a customer starts', () => {
  it('is what the catalogue gives customers, once, from now on or later', () => {
    expect(codeOf(Story.given(signedUp).when(start('free')))).toBe('events');
    expect(codeOf(Story.given(signedUp).when(start('free', { startDate: NOW + DAY, endDate: END })))).toBe(
      'events',
    );
    expect(rejection(Story.given(signedUp), start('pro'))).toEqual({
      ...notSelfService('plan'),
      plan: 'pro',
    });
    expect(rejection(Story.given(signedUp), { ...start('free'), quantity: 2 })).toMatchObject(
      notSelfService('quantity'),
    );
    expect(
      rejection(Story.given(signedUp), start('free', { startDate: NOW - 1, endDate: END })),
    ).toMatchObject(notSelfService('start_date'));
  });

  it('has no external id: that is given by staff', () => {
    expect(rejection(Story.given(signedUp), { ...start('free'), externalId: 'x' })).toMatchObject(
      invalid('external_id'),
    );
  });

  it('is nothing while staff suspend what counts, however long it is over', () => {
    const story = Story.given(signedUp, started('free'), suspension('SubscriptionSuspended'));
    for (const now of [NOW, END + 400 * DAY]) {
      expect(rejection(story.at(now), start('free'))).toMatchObject({ code: 'subscription_suspended' });
      expect(rejection(story, trial())).toMatchObject({ code: 'subscription_suspended' });
    }
    story.happened(suspension('SubscriptionReinstated'), { role: 'operator' });
    expect(codeOf(story.when(start('free')))).toBe('events');
  });

  it('is free of a suspension of another product', () => {
    const story = Story.given(signedUp, started('free'), suspension('SubscriptionSuspended'));
    story.catalogue = TWO_PRODUCTS;
    expect(codeOf(story.when({ ...start('free'), product: 'studio' }))).toBe('events');
  });
});

const trial = (plan = 'pro'): StartSubscription => ({ ...start(plan), trial: true, period: undefined });

describe('a trial', () => {
  it('is as long as the catalogue says, by the customer or by staff', () => {
    for (const story of [Story.given(signedUp), staff(signedUp)]) {
      expect(story.when(trial())).toMatchObject({
        events: [{ data: { plan: 'pro', trial: true, startDate: at(NOW), endDate: at(NOW + 14 * DAY) } }],
      });
    }
  });

  it('needs a plan that has one, and no dates', () => {
    expect(rejection(Story.given(signedUp), trial('free'))).toMatchObject(invalid('trial'));
    expect(rejection(Story.given(signedUp), { ...start('pro'), trial: true })).toMatchObject(
      invalid('months'),
    );
    const period = { startDate: NOW, endDate: END };
    expect(rejection(Story.given(signedUp), { ...start('pro', period), trial: true })).toMatchObject(
      invalid('start_date'),
    );
  });

  it('is once a product, whatever has become of it', () => {
    const story = Story.given(signedUp);
    story.does(trial());
    expect(rejection(story, trial('basic'))).toEqual({ code: 'trial_used' });
    expect(rejection(story.at(NOW + 100 * DAY), trial('basic'))).toEqual({ code: 'trial_used' });
    expect(rejection(story.by('operator'), trial('basic'))).toEqual({ code: 'trial_used' });
    story.catalogue = TWO_PRODUCTS;
    expect(codeOf(story.by('user').when({ ...trial(), product: 'studio' }))).toBe('events');
  });

  it('that was reserved a moment ago begins then: at the time of the reserved id', () => {
    const subscriptionId = newId(9, NOW - 5);
    const begun = { subscriptionId, startDate: at(NOW - 5) };
    for (const story of [Story.given(signedUp), staff(signedUp)])
      expect(story.when({ ...trial(), subscriptionId })).toMatchObject({
        events: [{ data: { ...begun, endDate: at(NOW - 5 + 14 * DAY) } }],
      });
    expect(staff(signedUp).when({ ...start('pro'), subscriptionId })).toMatchObject({
      events: [{ data: begun }],
    });
  });

  it('in quantity 1, unless staff start it', () => {
    expect(rejection(Story.given(signedUp), { ...trial(), quantity: 2 })).toMatchObject(
      notSelfService('quantity'),
    );
    expect(codeOf(staff(signedUp).when({ ...trial(), quantity: 2 }))).toBe('events');
  });
});

describe("staff's start", () => {
  const ended = (subscriptionId: string, endDate: number) => ({
    type: 'SubscriptionCancelled',
    data: { userId: USER, subscriptionId, endDate: at(endDate), personal: {} },
  });

  it('takes the place of a trial, or of a plan that the customer started, at once and in one append', () => {
    for (const command of [trial(), start('free')]) {
      const story = Story.given(signedUp);
      story.does(command);
      const before = story.subscription;
      story.does({ type: 'ActivateClient', clientId: 'client-1' });
      story.by('staff').at(NOW + DAY);
      expect(story.does(start('pro'))).toMatchObject({
        events: [
          ended(before?.subscriptionId ?? '', NOW + DAY),
          { type: 'SubscriptionStarted', data: { plan: 'pro', trial: false, startDate: at(NOW + DAY) } },
        ],
      });
      expect(story.subscription).toMatchObject({ plan: 'pro', startedBy: 'staff' });
      expect(story.licenses.active).toBe(1);
    }
  });

  it('takes the place of a trial that staff started, too', () => {
    const story = staff(signedUp);
    story.does(trial());
    expect(story.does(start('pro'))).toMatchObject({ events: [{ type: 'SubscriptionCancelled' }, {}] });
    expect(story.subscription).toMatchObject({ trial: false, startedBy: 'staff' });
  });

  it('does not take the place of what staff started', () => {
    const story = staff(signedUp);
    story.does(start('free'));
    expect(codeOf(story.when(start('pro')))).toBe('subscription_exists');
  });

  it('lifts no suspension: that is for reinstating', () => {
    const story = Story.given(signedUp);
    story.does(start('free'));
    story.by('operator').does({
      type: 'SuspendSubscription',
      subscriptionId: story.subscription?.subscriptionId ?? '',
    });
    expect(codeOf(story.when(start('pro')))).toBe('subscription_suspended');
    expect(codeOf(story.at(NOW + 90 * DAY).when(start('pro')))).toBe('subscription_suspended');
    const period = { startDate: NOW - 90 * DAY, endDate: NOW - 60 * DAY };
    expect(codeOf(story.when(start('pro', period)))).toBe('events');
  });
});

describe('an external id', () => {
  const billed = { ...start('pro'), externalId: 'bill-1' };
  const given = () => {
    const story = staff(signedUp);
    story.does(billed);
    return story;
  };
  const same = (story: Story) =>
    expect(story.when(billed)).toEqual({
      kind: 'nothing',
      subject: { kind: 'subscription', subscription: [...story.state.subscriptions.byId.values()][0] },
    });

  it('names that subscription for ever, whatever has become of it', () => {
    const story = given();
    same(story);
    same(story.at(END + 500 * DAY));
    const id = story.subscription?.subscriptionId ?? '';
    const other = given();
    other.does({ type: 'ChangePlan', subscriptionId: id, plan: 'basic' });
    same(other);
    other.does({ type: 'CancelSubscription', subscriptionId: id, immediately: true });
    same(other);
    other.does({ ...start('pro'), externalId: 'bill-2' });
    same(other);
    other.happened(erased);
    same(other);
  });

  it('changes nothing with other dates or another quantity', () => {
    expect(given().when({ ...start('pro', { months: 12 }), quantity: 4, externalId: 'bill-1' }).kind).toBe(
      'nothing',
    );
  });

  it('is refused with another plan or product than it was started with', () => {
    const story = given();
    story.catalogue = TWO_PRODUCTS;
    expect(rejection(story, { ...billed, plan: 'basic' })).toEqual({ code: 'external_id_taken' });
    expect(rejection(story, { ...billed, product: 'studio' })).toEqual({ code: 'external_id_taken' });
    story.happened(erased);
    expect(rejection(story, { ...billed, plan: 'basic' })).toEqual({ code: 'external_id_taken' });
    expect(rejection(story, { ...billed, externalId: 'bill-2' })).toEqual({
      code: 'not_found',
      what: 'user',
    });
  });
});
