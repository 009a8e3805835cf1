import { describe, expect, it } from 'vitest';
import {
  activated,
  cancelled,
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
  start,
  started,
  suspension,
  TWO_PRODUCTS,
  USER,
} from '../given.ts';

const END = NOW + 30 * DAY;
const activate = (clientId = 'client-1', clientName?: string) =>
  ({ type: 'ActivateClient', clientId, clientName }) as const;
const deactivate = (clientId = 'client-1', license?: string) =>
  ({ type: 'DeactivateClient', clientId, licenseId: license }) as const;
const clients = (count: number) => Array.from({ length: count }, (_, index) => activated(index + 1));
describe('activating a client', () => {
  it('makes a license under the current subscription', () => {
    expect(Story.given(signedUp, started()).when(activate('client-1', 'My laptop'))).toEqual(
      events({
        type: 'LicenseActivated',
        data: {
          product: 'app',
          userId: USER,
          licenseId: newId(1, NOW),
          subscriptionId: SUB,
          clientId: 'client-1',
          personal: { clientName: 'My laptop' },
        },
      }),
    );
  });

  it('that is active is nothing and shows its license, whatever became of the subscription', () => {
    const story = Story.given(signedUp, started(), activated(1), suspension('SubscriptionSuspended'));
    for (const now of [NOW, END + 30 * DAY]) {
      expect(story.at(now).when(activate('client-1', 'renamed'))).toMatchObject({
        kind: 'nothing',
        subject: { kind: 'license', license: { licenseId: licenseId(1), status: 'active' } },
      });
    }
  });

  it('needs a subscription that has started and is not over', () => {
    expect(codeOf(Story.given(signedUp).when(activate()))).toBe('no_active_subscription');
    const scheduled = Story.given(signedUp, started('pro', NOW + 1, END));
    expect(codeOf(scheduled.when(activate()))).toBe('no_active_subscription');
    expect(codeOf(scheduled.at(NOW + 1).when(activate()))).toBe('events');
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY - 1)
          .when(activate()),
      ),
    ).toBe('events');
    expect(
      codeOf(
        Story.given(signedUp, started())
          .at(END + 7 * DAY)
          .when(activate()),
      ),
    ).toBe('no_active_subscription');
    expect(codeOf(Story.given(signedUp, started(), cancelled(END)).at(END).when(activate()))).toBe(
      'no_active_subscription',
    );
    expect(
      codeOf(
        Story.given(signedUp, started(), cancelled(END))
          .at(END - 1)
          .when(activate()),
      ),
    ).toBe('events');
  });

  it('of a product that is sold no longer goes on for who has it', () => {
    const story = Story.given(signedUp, started());
    story.catalogue = { products: new Map() };
    expect(codeOf(story.when({ ...activate(), product: 'app' }))).toBe('events');
    expect(codeOf(story.when({ ...activate(), product: 'game' }))).toBe('invalid_field');
  });

  it('needs one that is not suspended', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(story.when(activate())).toMatchObject({
      rejection: { code: 'subscription_suspended', subscription: { subscriptionId: SUB } },
    });
  });

  it('beyond the plan’s number is refused, with the limit and the active clients', () => {
    const story = Story.given(signedUp, started('basic'), ...clients(3));
    expect(story.when(activate('client-4'))).toMatchObject({
      rejection: {
        code: 'client_limit_reached',
        limit: 3,
        activeClients: [{ clientId: 'client-1' }, { clientId: 'client-2' }, { clientId: 'client-3' }],
      },
    });
    story.happened(ofLicense('LicenseDeactivated', 2));
    expect(codeOf(story.when(activate('client-4')))).toBe('events');
  });

  it('names all of the active clients, of whom people are shown some', () => {
    const story = Story.given(signedUp, started('enterprise'), ...clients(30));
    story.happened({
      type: 'SubscriptionPlanChanged',
      data: {
        product: 'app',
        quantity: 1,
        userId: USER,
        subscriptionId: SUB,
        plan: 'pro',
        terms: { ...story.subscription?.terms, maxClients: 30 } as never,
      },
    });
    const decision = story.when(activate('client-31'));
    expect(decision).toMatchObject({ rejection: { code: 'client_limit_reached', limit: 30 } });
    expect(
      decision.kind === 'rejected' &&
        'activeClients' in decision.rejection &&
        decision.rejection.activeClients,
    ).toHaveLength(30);
  });

  it('that was deactivated makes a new license', () => {
    const story = Story.given(signedUp, started(), activated(1), ofLicense('LicenseDeactivated', 1));
    expect(story.when(activate())).toMatchObject({ events: [{ data: { licenseId: newId(1, NOW) } }] });
  });

  it('that was revoked is refused until it is reinstated', () => {
    const story = Story.given(signedUp, started(), activated(1), ofLicense('LicenseRevoked', 1));
    expect(story.when(activate())).toMatchObject({
      rejection: { code: 'client_revoked', license: { licenseId: licenseId(1) } },
    });
    story.happened(ofLicense('LicenseReinstated', 1));
    expect(story.when(activate())).toMatchObject({ subject: { license: { licenseId: licenseId(1) } } });
  });
});

describe('deactivating a client', () => {
  const given = () => Story.given(signedUp, started(), activated(1));

  it('frees its place', () => {
    const story = given();
    expect(story.does(deactivate())).toEqual(events(ofLicense('LicenseDeactivated', 1)));
    expect(story.licenses.active).toBe(0);
  });

  it('is nothing for one that is not active, and leaves a revoked one revoked', () => {
    expect(codeOf(given().happened(ofLicense('LicenseDeactivated', 1)).when(deactivate()))).toBe('nothing');
    expect(given().happened(ofLicense('LicenseRevoked', 1)).when(deactivate())).toMatchObject({
      kind: 'nothing',
      subject: { license: { status: 'revoked' } },
    });
  });

  it('does not find one that was never activated', () => {
    expect(given().when(deactivate('client-2'))).toEqual({
      kind: 'rejected',
      rejection: { code: 'not_found', what: 'client' },
    });
  });

  it('by its key ends that license alone: an old key does not end the client’s later license', () => {
    expect(codeOf(given().when(deactivate('client-1', licenseId(1))))).toBe('events');
    const later = given().happened(ofLicense('LicenseDeactivated', 1)).happened(activated(2, 'client-1'));
    expect(later.when(deactivate('client-1', licenseId(1)))).toMatchObject({
      kind: 'nothing',
      subject: { license: { licenseId: licenseId(1) } },
    });
    expect(codeOf(later.when(deactivate('client-1', licenseId(2))))).toBe('events');
  });

  it('of several products needs the one that is meant, unless its key names it', () => {
    const story = given();
    story.catalogue = TWO_PRODUCTS;
    story.by('operator').does({ ...start('free'), product: 'studio' });
    story.by('user').does({ ...activate(), product: 'studio' });
    expect(story.when(deactivate())).toMatchObject({
      rejection: { code: 'invalid_field', place: 'query', field: 'product' },
    });
    expect(codeOf(story.when({ ...deactivate(), product: 'studio' }))).toBe('events');
    expect(story.when(deactivate('client-1', licenseId(1)))).toEqual(
      events(ofLicense('LicenseDeactivated', 1)),
    );
  });

  it('by the key of another client is not found', () => {
    const story = given().happened(activated(2));
    expect(codeOf(story.when(deactivate('client-1', licenseId(2))))).toBe('not_found');
  });
});
