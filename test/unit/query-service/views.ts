import { DAY_MS } from '../../../shared/calendar.ts';
import type { Catalogue, Plan } from '../../../shared/catalogue/catalogue.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { LicenseView, SubscriptionInView, UserView } from '../../../shared/read-model/views.ts';

export const START = Date.UTC(2030, 0, 1);
export const END = Date.UTC(2030, 1, 1);
export const LOADED = Date.UTC(2030, 0, 15);
export const USER_ID = '018d0000-0000-7000-8000-000000000001';
export const LICENSE_ID = '018d0000-0000-7000-8000-000000000002';
export const GRACE_END = END + 3 * DAY_MS;

export const TERMS: Terms = {
  maxClients: 3,
  entitlements: ['core', 'export'],
  graceDays: 3,
  onExpiry: 'downgrade',
  leaseHours: 72,
  validationsPerMinute: 600,
  replacementsPerMonth: null,
  price: null,
};
const free: Plan = {
  plan: 'free',
  terms: { ...TERMS, maxClients: 1, entitlements: ['core'], leaseHours: 24, validationsPerMinute: 60 },
  trialDays: null,
  startedBy: 'customer',
};
const soldAs = (free: Plan | undefined): Catalogue => ({
  products: new Map([['app', { product: 'app', plans: new Map(free && [[free.plan, free]]), free }]]),
});
export const CATALOGUE = soldAs(free);
export const WITHOUT_FREE_PLAN = soldAs(undefined);

type License = NonNullable<LicenseView['license']>;
type User = NonNullable<UserView['user']>;

export const licenseView = (change: Partial<License> = {}, at: Partial<LicenseView> = {}): LicenseView => ({
  position: '10/10',
  loadedAt: LOADED,
  license: {
    licenseId: LICENSE_ID,
    userId: USER_ID,
    product: 'app',
    clientId: 'laptop',
    status: 'active',
    ...change,
  },
  ...at,
});

export const userView = (
  subscription: Partial<SubscriptionInView> | null = {},
  change: Partial<User> = {},
  at: Partial<UserView> = {},
): UserView => ({
  position: '10/10',
  loadedAt: LOADED,
  user: {
    userId: USER_ID,
    status: 'active',
    parked: false,
    subscriptions:
      subscription === null
        ? {}
        : {
            app: {
              subscriptionId: '018d0000-0000-7000-8000-000000000003',
              plan: 'basic',
              terms: TERMS,
              trial: false,
              suspended: false,
              cancelled: false,
              startDate: START,
              endDate: END,
              ...subscription,
            },
          },
    ...change,
  },
  ...at,
});
