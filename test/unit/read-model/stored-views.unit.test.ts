import { describe, expect, it } from 'vitest';
import { readLicense, readUser, storeLicense, storeUser } from '../../../shared/read-model/stored-views.ts';
import type { SubscriptionInView, UserView } from '../../../shared/read-model/views.ts';
import { licenseView, TERMS, userView } from '../query-service/views.ts';

/** What release 0.1.0 writes, and all that it can read: it refuses any further field. */
const OLDER_LICENSE = {
  position: '10/10',
  loadedAt: 1_894_665_600_000,
  license: {
    licenseId: '018d0000-0000-7000-8000-000000000002',
    userId: '018d0000-0000-7000-8000-000000000001',
    clientId: 'laptop',
    status: 'active',
  },
};
const OLDER_USER = {
  position: '10/10',
  loadedAt: 1_894_665_600_000,
  user: {
    userId: '018d0000-0000-7000-8000-000000000001',
    status: 'active',
    subscription: {
      subscriptionId: '018d0000-0000-7000-8000-000000000003',
      plan: 'basic',
      terms: TERMS,
      suspended: false,
      cancelled: false,
      startDate: 1_893_456_000_000,
      endDate: 1_896_134_400_000,
    },
    parked: false,
  },
};

const kept = (view: UserView) => readUser(JSON.parse(storeUser(view)));

describe('a view in Redis', () => {
  it('of what there was before products is the text of the release before', () => {
    expect(JSON.parse(storeLicense(licenseView()))).toEqual(OLDER_LICENSE);
    expect(readLicense(OLDER_LICENSE)).toEqual(licenseView());
    expect(JSON.parse(storeUser(userView()))).toEqual(OLDER_USER);
    expect(readUser(OLDER_USER)).toEqual(userView());
    const without = { ...OLDER_USER, user: { ...OLDER_USER.user, subscription: null } };
    expect(JSON.parse(storeUser(userView(null)))).toEqual(without);
    expect(readUser(without)).toEqual(userView(null));
  });

  it('comes back as it was: products, trials, negative ones', () => {
    const pdf = licenseView({ product: 'pdf' });
    expect(readLicense(JSON.parse(storeLicense(pdf)))).toEqual(pdf);
    const nobody = { ...licenseView(), license: null };
    expect(readLicense(JSON.parse(storeLicense(nobody)))).toEqual(nobody);
    const trial = userView({ trial: true });
    expect(kept(trial)).toEqual(trial);
    const app = trial.user?.subscriptions.app as SubscriptionInView;
    for (const subscriptions of [{ pdf: app }, { app, pdf: { ...app, trial: false } }]) {
      const view = userView(null, { subscriptions });
      expect(kept(view)).toEqual(view);
    }
    expect(kept({ ...userView(), user: null })).toEqual({ ...userView(), user: null });
  });

  it('that this release does not know counts as absent', () => {
    expect(readUser({ ...OLDER_USER, more: 1 })).toBeUndefined();
    expect(readLicense(undefined)).toBeUndefined();
    expect(readUser({ ...OLDER_USER, user: { ...OLDER_USER.user, later: true } })).toBeUndefined();
  });
});
