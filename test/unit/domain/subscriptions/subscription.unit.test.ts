import { describe, expect, it } from 'vitest';
import {
  cancelled,
  codeOf,
  DAY,
  events,
  NOW,
  Story,
  SUB,
  signedUp,
  start,
  started,
  suspension,
  USER,
} from '../given.ts';

const END = NOW + 30 * DAY;
const cancel = (immediately = false, reason?: string) =>
  ({ type: 'CancelSubscription', subscriptionId: SUB, immediately, reason }) as const;
const suspend = { type: 'SuspendSubscription', subscriptionId: SUB, reason: 'unpaid' } as const;
const reinstate = { type: 'ReinstateSubscription', subscriptionId: SUB } as const;

describe('cancelling', () => {
  it('ends the subscription at its end date, or at once', () => {
    expect(Story.given(signedUp, started()).when(cancel(false, 'too dear'))).toEqual(
      events(cancelled(END, 'too dear')),
    );
    expect(
      Story.given(signedUp, started())
        .at(NOW + DAY)
        .when(cancel(true)),
    ).toEqual(events(cancelled(NOW + DAY)));
  });

  it('of one that has not started ends it at once where asked', () => {
    const story = Story.given(signedUp, started('pro', NOW + DAY, END));
    expect(story.does(cancel(true))).toEqual(events(cancelled(NOW)));
    expect(codeOf(story.by('operator').when(start()))).toBe('events');
  });

  it('within the grace gives up the rest of it', () => {
    expect(
      Story.given(signedUp, started())
        .at(END + DAY)
        .when(cancel()),
    ).toEqual(events(cancelled(END)));
    expect(
      Story.given(signedUp, started())
        .at(END + DAY)
        .when(cancel(true)),
    ).toEqual(events(cancelled(END)));
  });

  it('what is cancelled is nothing, but it can still be ended at once', () => {
    const story = Story.given(signedUp, started(), cancelled(END));
    expect(codeOf(story.when(cancel()))).toBe('nothing');
    expect(story.at(NOW + DAY).does(cancel(true))).toEqual(events(cancelled(NOW + DAY)));
    expect(codeOf(story.when(cancel(true)))).toBe('nothing');
    expect(codeOf(story.at(END + DAY).when(cancel(true)))).toBe('nothing');
  });

  it('is refused when the subscription is over', () => {
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(cancel()),
      ),
    ).toBe('subscription_ended');
  });

  it('is allowed to the customer while staff suspend it: it stays suspended', () => {
    for (const immediately of [false, true]) {
      const story = Story.given(signedUp, started('free'), suspension('SubscriptionSuspended'));
      expect(codeOf(story.does(cancel(immediately)))).toBe('events');
      expect(story.subscription).toMatchObject({ suspended: true, cancelledBy: 'user' });
      expect(codeOf(story.when(start('free')))).toBe('subscription_suspended');
    }
  });

  it('by staff makes a customer’s cancellation theirs, and not the other way round', () => {
    const story = Story.given(signedUp, started());
    story.by('user').does(cancel());
    expect(story.subscription?.cancelledBy).toBe('user');
    expect(story.by('operator').does(cancel(false, 'fraud'))).toEqual(events(cancelled(END, 'fraud')));
    expect(story.subscription?.cancelledBy).toBe('staff');
    expect(codeOf(story.when(cancel()))).toBe('nothing');
    expect(codeOf(story.by('user').does(cancel(true)))).toBe('events');
    expect(story.subscription?.cancelledBy).toBe('staff');
    expect(codeOf(story.by('operator').when(cancel()))).toBe('nothing');
  });

  it('does not find a subscription of nobody', () => {
    expect(codeOf(Story.given(signedUp).when(cancel()))).toBe('not_found');
  });
});

describe('withdrawing a cancellation', () => {
  const uncancel = { type: 'WithdrawCancellation', subscriptionId: SUB } as const;
  const withdrawn = {
    type: 'SubscriptionCancellationWithdrawn',
    data: { userId: USER, subscriptionId: SUB },
  } as const;
  const byCustomer = (plan = 'pro') => {
    const story = Story.given(signedUp, started(plan));
    story.does(cancel());
    return story;
  };

  it('takes back the customer’s own, by either', () => {
    for (const role of ['user', 'operator', 'staff'] as const) {
      const story = byCustomer();
      expect(story.by(role).does(uncancel)).toEqual(events(withdrawn));
      expect(story.subscription).toMatchObject({ cancelled: false, cancelledBy: null, endDate: END });
      expect(codeOf(story.when(uncancel))).toBe('nothing');
    }
  });

  it('of staff’s is for staff', () => {
    const story = Story.given(signedUp, started(), cancelled(END));
    expect(codeOf(story.when(uncancel))).toBe('cancelled_by_staff');
    expect(codeOf(story.by('operator').when(uncancel))).toBe('events');
    expect(codeOf(byCustomer().happened(cancelled(END), { role: 'staff' }).when(uncancel))).toBe(
      'cancelled_by_staff',
    );
  });

  it('is refused once its end has come, also at once and within the grace', () => {
    expect(codeOf(byCustomer().at(END).when(uncancel))).toBe('subscription_ended');
    const story = Story.given(signedUp, started());
    story.does(cancel(true));
    expect(codeOf(story.by('operator').when(uncancel))).toBe('subscription_ended');
    const grace = Story.given(signedUp, started()).at(END + DAY);
    grace.does(cancel());
    expect(codeOf(grace.when(uncancel))).toBe('subscription_ended');
  });

  it('is nothing of one that is not cancelled', () => {
    expect(codeOf(Story.given(signedUp, started()).when(uncancel))).toBe('nothing');
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 90 * DAY)
          .when(uncancel),
      ),
    ).toBe('nothing');
  });

  it('is not for the customer while staff suspend it', () => {
    const story = byCustomer().happened(suspension('SubscriptionSuspended'), { role: 'operator' });
    expect(codeOf(story.when(uncancel))).toBe('subscription_suspended');
    expect(codeOf(story.by('operator').when(uncancel))).toBe('events');
  });
});

describe('suspending and reinstating', () => {
  it('are events that say why', () => {
    const story = Story.given(signedUp, started());
    expect(story.does(suspend)).toEqual(events(suspension('SubscriptionSuspended', 'unpaid')));
    expect(story.does(reinstate)).toEqual(events(suspension('SubscriptionReinstated')));
  });

  it('are nothing where the state asked for holds', () => {
    const story = Story.given(signedUp, started());
    expect(codeOf(story.when(reinstate))).toBe('nothing');
    story.does(suspend);
    expect(codeOf(story.when(suspend))).toBe('nothing');
  });

  it('suspending is refused when the subscription is over; reinstating is not, for a suspension outlasts it', () => {
    const story = Story.given(signedUp, started());
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(suspend),
      ),
    ).toBe('subscription_ended');
    story.does(suspend);
    expect(codeOf(story.at(END + 7 * DAY).when(reinstate))).toBe('events');
  });

  it('keep a cancellation: reinstated, the subscription is cancelled again', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended'), cancelled(END));
    expect(story.subscription).toMatchObject({ suspended: true, cancelled: true });
    story.does(reinstate);
    expect(story.subscription).toMatchObject({ suspended: false, cancelled: true });
  });

  it('reinstating lifts nothing but a suspension, and says so of what is cancelled or over', () => {
    expect(codeOf(Story.given(signedUp, started(), cancelled(END)).when(reinstate))).toBe(
      'subscription_ended',
    );
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(reinstate),
      ),
    ).toBe('subscription_ended');
  });

  it('do not find a subscription of nobody', () => {
    expect(codeOf(Story.given(signedUp).when(suspend))).toBe('not_found');
    expect(codeOf(Story.given(signedUp).when(reinstate))).toBe('not_found');
  });
});
