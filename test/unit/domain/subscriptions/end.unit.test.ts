import { describe, expect, it } from 'vitest';
import type { NewUserEvent } from '../../../../shared/events/types.ts';
import {
  at,
  cancelled,
  DAY,
  NOW,
  newId,
  renewed,
  Story,
  SUB,
  signedUp,
  started,
  suspension,
  USER,
} from '../given.ts';

const tell = { type: 'TellOfEnd', subscriptionId: SUB } as const;
const END = NOW + 30 * DAY;
/** Of `pro` in the default catalogue. */
const GRACE = 7 * DAY;
const data = (endDate: number) => ({ userId: USER, subscriptionId: SUB, endDate: at(endDate) });
const ending = (days: 7 | 1, endDate = END): NewUserEvent => ({
  type: 'SubscriptionEnding',
  data: { ...data(endDate), days },
});
const lapsed = (endDate = END): NewUserEvent => ({ type: 'SubscriptionLapsed', data: data(endDate) });
const running = () => Story.given(signedUp, started());
const toldAt = (story: Story, now: number) => {
  const decision = story.at(now).does(tell);
  return decision.kind === 'events' ? decision.events[0] : undefined;
};

describe('the end of a subscription', () => {
  it('is told of 7 days and 1 day ahead, and once the grace is over; each once', () => {
    const story = running();
    const days = Array.from({ length: 45 }, (_, day) => NOW + day * DAY);
    const told = days.flatMap((now) => [toldAt(story, now - 1), toldAt(story, now), toldAt(story, now)]);
    expect(told.filter((event) => event !== undefined)).toEqual([ending(7), ending(1), lapsed()]);
    const first = running();
    expect(toldAt(first, END - 7 * DAY - 1)).toBeUndefined();
    expect(toldAt(first, END - 7 * DAY)).toEqual(ending(7));
    expect(toldAt(first, END + GRACE - 1)).toBeUndefined();
    expect(toldAt(first, END + GRACE)).toEqual(lapsed());
  });

  it('is told of late by what holds then', () => {
    expect(toldAt(running(), END - 1)).toEqual(ending(1));
    expect(toldAt(running(), END + GRACE + 7 * DAY - 1)).toEqual(lapsed());
    expect(toldAt(running(), END + GRACE + 7 * DAY)).toBeUndefined();
  });

  it('is told of again once it is another one', () => {
    const story = running();
    expect(toldAt(story, END - DAY)).toEqual(ending(1));
    story.happened(renewed(END + 30 * DAY), { role: 'operator' });
    expect(toldAt(story, END)).toBeUndefined();
    expect(toldAt(story, END + 23 * DAY)).toEqual(ending(7, END + 30 * DAY));
  });

  it('is told of at once where it was cancelled in the grace, and has none left', () => {
    const story = running().at(END + 5 * DAY);
    story.happened(cancelled(END), { role: 'operator' });
    expect(toldAt(story, END + 5 * DAY)).toEqual(lapsed());
  });

  it('is not told of while it is suspended, but once that is lifted', () => {
    const story = running().happened(suspension('SubscriptionSuspended'), { role: 'operator' });
    expect(toldAt(story, END - DAY)).toBeUndefined();
    expect(toldAt(story, END + 90 * DAY)).toBeUndefined();
    story.happened(suspension('SubscriptionReinstated'), { role: 'operator' });
    expect(toldAt(story, END + 90 * DAY)).toEqual(lapsed());
  });

  it.each([7, 1])('is told of %i days ahead only where the subscription is longer', (days) => {
    const short = Story.given(signedUp, started('pro', NOW, NOW + days * DAY));
    expect(toldAt(short, NOW)).toBeUndefined();
  });

  it('is not told of where it was over when it was entered, or another has taken its place', () => {
    const old = Story.given(signedUp, started('pro', NOW - 400 * DAY, NOW - 30 * DAY));
    expect(toldAt(old, NOW)).toBeUndefined();
    const trial = running().happened(started('pro', NOW, END + 30 * DAY, newId(2, NOW)), {
      role: 'operator',
    });
    expect(toldAt(trial, END - DAY)).toBeUndefined();
  });

  it('changes nothing of what is shown', () => {
    const story = running();
    const before = story.subscription;
    story.at(END - DAY).does(tell);
    expect(story.subscription).toEqual({ ...before, endNotice: 'day' });
  });

  it('is not told of an erased user', () => {
    const story = running().happened({ type: 'UserErased', data: { userId: USER, emailBlocked: false } });
    expect(story.at(END - DAY).when(tell)).toMatchObject({ kind: 'rejected' });
  });
});
