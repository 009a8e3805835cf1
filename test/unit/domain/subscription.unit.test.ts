import { describe, expect, it } from 'vitest';
import { cancelled, codeOf, DAY, events, NOW, Story, SUB, signedUp, started, suspension } from './given.ts';

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
    expect(codeOf(story.when({ type: 'StartSubscription', plan: 'pro', period: { months: 1 } }))).toBe(
      'events',
    );
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

  it('at once is not a way out of a suspension for the customer', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(codeOf(story.when(cancel(true)))).toBe('subscription_suspended');
    expect(codeOf(story.when(cancel()))).toBe('events');
    expect(codeOf(story.by('operator').when(cancel(true)))).toBe('events');
  });

  it('does not find a subscription of nobody', () => {
    expect(codeOf(Story.given(signedUp).when(cancel()))).toBe('not_found');
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
    expect(story.state.subscriptions.last).toMatchObject({ suspended: true, cancelled: true });
    story.does(reinstate);
    expect(story.state.subscriptions.last).toMatchObject({ suspended: false, cancelled: true });
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
