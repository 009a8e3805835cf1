import { describe, expect, it } from 'vitest';
import {
  activated,
  codeOf,
  DAY,
  events,
  licenseId,
  NOW,
  newId,
  ofLicense,
  Story,
  SUB,
  signedUp,
  started,
  suspension,
  USER,
} from '../given.ts';

const activate = (clientId: string, replaces?: string) =>
  ({ type: 'ActivateClient', clientId, replaces }) as const;
const deactivate = (clientId: string) => ({ type: 'DeactivateClient', clientId }) as const;
const YEAR = NOW + 365 * DAY;

/** `free` has one place and five replacements, `basic` three and five. */
const free = () => Story.given(signedUp, started('free', NOW, YEAR));
const basic = () => Story.given(signedUp, started('basic', NOW, YEAR));
const usedUp = (limit: number, nextAt: number | null) => ({
  kind: 'rejected',
  rejection: { code: 'replacements_used_up', limit, nextAt },
});

describe('replacing a client', () => {
  it('gives its place to the new one in one event', () => {
    const story = free().happened(activated(1));
    expect(story.does(activate('new', 'client-1'))).toEqual(
      events({
        type: 'LicenseActivated',
        data: {
          product: 'app',
          userId: USER,
          licenseId: newId(1, NOW),
          subscriptionId: SUB,
          clientId: 'new',
          replaces: licenseId(1),
          personal: {},
        },
      }),
    );
    expect(story.licenses.active).toBe(1);
    expect(story.licenses.ofClient.get('client-1')?.status).toBe('deactivated');
  });

  it('is asked for again without a second effect', () => {
    const story = free().happened(activated(1));
    story.does(activate('new', 'client-1'));
    expect(story.when(activate('new', 'client-1'))).toMatchObject({
      kind: 'nothing',
      subject: { license: { clientId: 'new' } },
    });
  });

  it('needs an active one: neither unknown, deactivated or revoked, nor itself', () => {
    const notFound = { rejection: { code: 'not_found', what: 'client' } };
    expect(free().when(activate('new', 'client-1'))).toMatchObject(notFound);
    const freed = free().happened(activated(1)).happened(ofLicense('LicenseDeactivated', 1));
    expect(freed.when(activate('new', 'client-1'))).toMatchObject(notFound);
    const revoked = free().happened(activated(1)).happened(ofLicense('LicenseRevoked', 1));
    expect(revoked.when(activate('new', 'client-1'))).toMatchObject(notFound);
    expect(free().happened(activated(1)).when(activate('client-1', 'client-1'))).toMatchObject({
      rejection: { code: 'invalid_field', field: 'replaces' },
    });
  });

  it('needs a subscription that may activate, as any new client does', () => {
    const suspended = free().happened(activated(1)).happened(suspension('SubscriptionSuspended'));
    expect(codeOf(suspended.when(activate('new', 'client-1')))).toBe('subscription_suspended');
    expect(codeOf(free().happened(activated(1)).at(YEAR).when(activate('new', 'client-1')))).toBe(
      'no_active_subscription',
    );
  });

  it('is allowed as often in 30 days as the terms say, and again 30 days after the first', () => {
    const story = free().happened(activated(1, 'client-0'));
    for (let n = 1; n <= 5; n += 1)
      expect(codeOf(story.at(NOW + n * DAY).does(activate(`client-${n}`, `client-${n - 1}`)))).toBe('events');
    expect(story.at(NOW + 10 * DAY).when(activate('client-6', 'client-5'))).toEqual(
      usedUp(5, NOW + 31 * DAY),
    );
    expect(codeOf(story.at(NOW + 31 * DAY - 1).when(activate('client-6', 'client-5')))).toBe(
      'replacements_used_up',
    );
    expect(codeOf(story.at(NOW + 31 * DAY).does(activate('client-6', 'client-5')))).toBe('events');
    expect(story.when(activate('client-7', 'client-6'))).toEqual(usedUp(5, NOW + 32 * DAY));
  });

  it('is allowed again, after a change to a plan with fewer, once so many are 30 days old', () => {
    const story = Story.given(signedUp, started('pro', NOW, YEAR), activated(1, 'client-0'));
    for (let n = 1; n <= 6; n += 1) story.at(NOW + n * DAY).does(activate(`client-${n}`, `client-${n - 1}`));
    story.by('operator').does({ type: 'ChangePlan', subscriptionId: SUB, plan: 'basic' });
    expect(story.by('user').when(activate('client-7', 'client-6'))).toEqual(usedUp(5, NOW + 32 * DAY));
  });

  it('has no limit where the terms have none', () => {
    const story = Story.given(signedUp, started('enterprise', NOW, YEAR), activated(1, 'client-0'));
    for (let n = 1; n <= 50; n += 1)
      expect(codeOf(story.does(activate(`client-${n}`, `client-${n - 1}`)))).toBe('events');
    expect(story.licenses.places.replacements).toEqual([]);
  });
});

describe('a place that the customer freed', () => {
  /** Activates and frees one client after the other in the only place. */
  const churn = (story: Story, count: number) => {
    for (let n = 1; n <= count; n += 1) {
      expect(codeOf(story.does(activate(`client-${n}`)))).toBe('events');
      expect(codeOf(story.does(deactivate(`client-${n}`)))).toBe('events');
    }
    return story;
  };

  it('counts as replaced when another client gets it', () => {
    const story = churn(free(), 6).at(NOW + DAY);
    expect(story.when(activate('client-7'))).toEqual(usedUp(5, NOW + 30 * DAY));
    expect(codeOf(story.at(NOW + 30 * DAY).when(activate('client-7')))).toBe('events');
  });

  it('takes the same client back, as often as it likes', () => {
    const story = churn(free(), 6);
    for (let n = 0; n < 20; n += 1) {
      expect(codeOf(story.does(activate('client-6')))).toBe('events');
      expect(codeOf(story.does(deactivate('client-6')))).toBe('events');
    }
  });

  it('does not take back one whose place another client has had since', () => {
    const story = churn(free(), 6);
    expect(codeOf(story.when(activate('client-5')))).toBe('replacements_used_up');
  });

  it('counts when the client itself freed it by its activation key', () => {
    const story = free();
    for (let n = 1; n <= 6; n += 1) {
      story.by('user').does(activate(`client-${n}`));
      story.by('client').does(deactivate(`client-${n}`));
    }
    expect(codeOf(story.by('user').when(activate('client-7')))).toBe('replacements_used_up');
  });

  it('does not count where staff freed it', () => {
    const story = free();
    for (let n = 1; n <= 20; n += 1) {
      const decision = story.by('user').does(activate(`client-${n}`));
      const license = story.licenses.ofClient.get(`client-${n}`)?.licenseId ?? '';
      expect(codeOf(decision)).toBe('events');
      story.by('operator').does({ type: 'DeactivateLicense', licenseId: license });
    }
  });

  it('does not count where staff reinstate a client in it', () => {
    const story = free()
      .happened(activated(1))
      .happened(ofLicense('LicenseRevoked', 1), { role: 'operator' });
    story.does(activate('client-2'));
    story.does(deactivate('client-2'));
    story.by('operator').does({ type: 'ReinstateLicense', licenseId: licenseId(1) });
    expect(story.licenses).toMatchObject({ active: 1, places: { replacements: [] } });
    expect(story.licenses.places.freed.size).toBe(0);
  });

  it('is left alone while places are free that nobody left', () => {
    const story = basic().happened(activated(1));
    story.does(deactivate('client-1'));
    story.does(activate('client-2'));
    story.does(activate('client-3'));
    expect(story.licenses.places.replacements).toEqual([]);
    story.does(activate('client-4'));
    expect(story.licenses.places.replacements).toEqual([NOW]);
  });

  it('is one that nobody left after 30 days', () => {
    const story = free().happened(activated(1)).happened(ofLicense('LicenseDeactivated', 1));
    story.at(NOW + 30 * DAY).does(activate('client-2'));
    expect(story.licenses.places).toMatchObject({ replacements: [] });
    expect(story.licenses.places.freed.size).toBe(0);
  });

  it('is never free again under terms without replacements, but 30 days after it was freed', () => {
    const story = free();
    const terms = { ...(story.subscription?.terms as never as object), replacementsPerMonth: 0 } as never;
    story.happened({
      type: 'SubscriptionPlanChanged',
      data: { userId: USER, subscriptionId: SUB, product: 'app', plan: 'free', terms, quantity: 1 },
    });
    story.happened(activated(1));
    expect(story.when(activate('client-2', 'client-1'))).toEqual(usedUp(0, null));
    story.at(NOW + DAY).does(deactivate('client-1'));
    expect(story.when(activate('client-2'))).toEqual(usedUp(0, NOW + 31 * DAY));
    expect(codeOf(story.at(NOW + 31 * DAY).when(activate('client-2')))).toBe('events');
  });
});
