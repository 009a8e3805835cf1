import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODES, type Code, judge, type Question } from '../../../query-service/validation/answer/answer.ts';
import type { LicenseView, SubscriptionInView, UserView } from '../../../shared/read-model/views.ts';
import {
  CATALOGUE,
  END,
  GRACE_END,
  LICENSE_ID,
  LOADED,
  licenseView,
  START,
  TERMS,
  userView,
  WITHOUT_FREE_PLAN,
} from './views.ts';

const HOUR = 3_600_000;
const RUNNING = Date.UTC(2030, 0, 20);
const restrict = { terms: { ...TERMS, onExpiry: 'restrict' as const } };

const ask = (
  question: Partial<Question>,
  license: LicenseView = licenseView(),
  user: UserView = userView(),
  now = RUNNING,
  catalogue = CATALOGUE,
) => {
  const asked = { product: undefined, clientId: undefined, entitlements: undefined, ...question };
  return judge(LICENSE_ID, asked, license, user, catalogue, now);
};

const code = (...given: Parameters<typeof ask>): string => {
  const { status, code } = ask(...given).answer;
  return `${status} ${code}`;
};

describe('the code of a validation', () => {
  it.each<[string, Parameters<typeof ask>, string]>([
    ['a running subscription', [{}], 'valid VALID'],
    ['no license', [{}, { ...licenseView(), license: null }], 'invalid NOT_FOUND'],
    ['no user', [{}, licenseView(), { ...userView(), user: null }], 'invalid NOT_FOUND'],
    ["somebody else's license", [{}, licenseView({ userId: 'other' })], 'invalid NOT_FOUND'],
    ['an erased user', [{}, licenseView(), userView({}, { status: 'erased' })], 'invalid ERASED'],
    ['a revoked license', [{}, licenseView({ status: 'revoked' })], 'invalid REVOKED'],
    ['a deactivated license', [{}, licenseView({ status: 'deactivated' })], 'invalid DEACTIVATED'],
    ['another client', [{ clientId: 'phone' }], 'invalid CLIENT_MISMATCH'],
    ['another product', [{ product: 'pdf' }], 'invalid PRODUCT_MISMATCH'],
    ['the same product', [{ product: 'app' }], 'valid VALID'],
    ['a product that was never subscribed to', [{}, licenseView({ product: 'pdf' })], 'invalid EXPIRED'],
    ['the same client', [{ clientId: 'laptop' }], 'valid VALID'],
    [
      'the same client, typed in another form of Unicode',
      [{ clientId: 'B\u00fcro' }, licenseView({ clientId: 'Bu\u0308ro' })],
      'valid VALID',
    ],
    ['suspended', [{}, licenseView(), userView({ suspended: true })], 'invalid SUSPENDED'],
    ['no subscription at all', [{}, licenseView(), userView(null)], 'invalid EXPIRED'],
    ['not started, downgrade', [{}, licenseView(), userView(), START - 1], 'valid NOT_STARTED'],
    ['not started, restrict', [{}, licenseView(), userView(restrict), START - 1], 'invalid NOT_STARTED'],
    ['from its first instant', [{}, licenseView(), userView(), START], 'valid VALID'],
    ['to its last instant', [{}, licenseView(), userView(), END - 1], 'valid VALID'],
    ['in the grace', [{}, licenseView(), userView(), END], 'valid VALID'],
    ['to the last instant of the grace', [{}, licenseView(), userView(), GRACE_END - 1], 'valid VALID'],
    ['past the grace, downgrade', [{}, licenseView(), userView(), GRACE_END], 'valid EXPIRED'],
    [
      'past the grace, downgrade of a product without a free plan',
      [{}, licenseView(), userView(), GRACE_END, WITHOUT_FREE_PLAN],
      'invalid EXPIRED',
    ],
    ['past the grace, restrict', [{}, licenseView(), userView(restrict), GRACE_END], 'invalid EXPIRED'],
    ['cancelled, not ended', [{}, licenseView(), userView({ cancelled: true }), END - 1], 'valid VALID'],
    [
      'cancelled and ended has no grace',
      [{}, licenseView(), userView({ cancelled: true }), END],
      'valid CANCELLED',
    ],
    [
      'cancelled and ended, restrict',
      [{}, licenseView(), userView({ ...restrict, cancelled: true }), END],
      'invalid CANCELLED',
    ],
    ['an entitlement it has', [{ entitlements: ['export'] }], 'valid VALID'],
    ['one it lacks', [{ entitlements: ['core', 'sso'] }], 'invalid ENTITLEMENTS_MISSING'],
    [
      'one that only the ended plan had',
      [{ entitlements: ['export'] }, licenseView(), userView(), GRACE_END],
      'invalid ENTITLEMENTS_MISSING',
    ],
    [
      'one that the free plan has too',
      [{ entitlements: ['core'] }, licenseView(), userView(), GRACE_END],
      'valid EXPIRED',
    ],
  ])('%s', (_name, given, expected) => {
    expect(code(...given)).toBe(expected);
  });

  it('is the first that holds', () => {
    // Everything is wrong at once; mending the first shows the next.
    const license = { licenseId: LICENSE_ID, userId: userView().user?.userId as string, clientId: 'laptop' };
    const dead = userView({ ...restrict, suspended: true, endDate: END }, { status: 'erased' });
    const alive = (subscription: object) => userView({ ...restrict, ...subscription });
    const wrong = { product: 'pdf', clientId: 'phone', entitlements: ['sso'] };
    const asked = { ...wrong, product: 'app' };
    const right = { ...asked, clientId: 'laptop' };
    const revoked = licenseView({ ...license, status: 'revoked' });
    const ended = RUNNING + 365 * 24 * HOUR;
    const order: [Partial<Question>, LicenseView, UserView, number][] = [
      [wrong, { ...revoked, license: null }, dead, ended],
      [wrong, revoked, dead, ended],
      [wrong, revoked, alive({ suspended: true }), ended],
      [wrong, licenseView({ ...license, status: 'deactivated' }), alive({ suspended: true }), ended],
      [wrong, licenseView(), alive({ suspended: true }), ended],
      [asked, licenseView(), alive({ suspended: true }), ended],
      [right, licenseView(), alive({ suspended: true }), ended],
      [right, licenseView(), alive({ cancelled: true }), START - 1],
      [right, licenseView(), alive({ cancelled: true }), ended],
      [right, licenseView(), alive({}), ended],
      [right, licenseView(), alive({}), RUNNING],
      [{ clientId: 'laptop' }, licenseView(), alive({}), RUNNING],
    ];
    expect(order.map((given) => ask(...given).answer.code)).toEqual(CODES.slice(1));
  });
});

describe('what the answer shows', () => {
  it('a running paid plan, its dates and entitlements', () => {
    expect(ask({}).answer).toEqual({
      status: 'valid',
      code: 'VALID',
      premium: true,
      plan_type: 'basic',
      product: 'app',
      trial: false,
      license_id: LICENSE_ID,
      client_id: 'laptop',
      entitlements: ['core', 'export'],
      expires_at: '2030-02-01T00:00:00.000Z',
      grace_until: '2030-02-04T00:00:00.000Z',
      grace: false,
      as_of: '2030-01-15T00:00:00.000Z',
    });
  });
  it('no grace where it is cancelled, suspended too', () => {
    const graceUntil = (facts: object) => ask({}, licenseView(), userView(facts)).answer.grace_until;
    expect(graceUntil({ suspended: true })).toBe(new Date(GRACE_END).toISOString());
    expect(graceUntil({ cancelled: true })).toBe(new Date(END).toISOString());
    expect(graceUntil({ suspended: true, cancelled: true })).toBe(new Date(END).toISOString());
  });

  it('grace within the grace alone', () => {
    const at = (now: number) => ask({}, licenseView(), userView(), now).answer;
    expect([END - 1, END, GRACE_END - 1, GRACE_END].map((now) => at(now).grace)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(at(END)).toMatchObject({ premium: true, plan_type: 'basic' });
  });
  it('the free plan where a subscription fell back to it', () => {
    expect(ask({}, licenseView(), userView(), GRACE_END).answer).toMatchObject({
      premium: false,
      plan_type: 'free',
      entitlements: ['core'],
      expires_at: '2030-02-01T00:00:00.000Z',
    });
  });
  it('a trial, also one that is over', () => {
    const trial = userView({ trial: true });
    expect(ask({}, licenseView(), trial).answer).toMatchObject({ code: 'VALID', premium: true, trial: true });
    expect(ask({}, licenseView(), trial, GRACE_END).answer).toMatchObject({
      code: 'EXPIRED',
      plan_type: 'free',
      trial: true,
    });
  });
  it('what the subscription of its own product says', () => {
    const { subscriptions } = userView({ suspended: true }).user as NonNullable<UserView['user']>;
    const pdf = { ...subscriptions.app, plan: 'studio', suspended: false } as SubscriptionInView;
    const both = userView(null, { subscriptions: { ...subscriptions, pdf } });
    const shown = (product: string) => ask({}, licenseView({ product }), both).answer;
    expect(shown('app')).toMatchObject({ code: 'SUSPENDED', plan_type: 'basic', product: 'app' });
    expect(shown('pdf')).toMatchObject({ code: 'VALID', plan_type: 'studio', product: 'pdf' });
    // It has no free plan to fall back to.
    const over = ask({}, licenseView({ product: 'pdf' }), both, GRACE_END);
    expect(over.answer).toMatchObject({ status: 'invalid', code: 'EXPIRED', plan_type: 'studio' });
    expect(over.leaseUntil).toBeUndefined();
  });
  it('no premium for the free plan itself', () => {
    expect(ask({}, licenseView(), userView({ plan: 'free' })).answer.premium).toBe(false);
  });
  it('what there is where some entitlements are missing, and nothing where the license is not good', () => {
    expect(ask({ entitlements: ['sso'] }).answer.entitlements).toEqual(['core', 'export']);
    expect(ask({}, licenseView({ status: 'revoked' })).answer.entitlements).toEqual([]);
  });
  it('as of the older view', () => {
    const answer = ask({}, licenseView({}, { loadedAt: LOADED - 1_000 })).answer;
    expect(answer.as_of).toBe('2030-01-14T23:59:59.000Z');
  });
});

describe('a lease', () => {
  it('holds for the terms, but not beyond the grace', () => {
    expect(ask({}).leaseUntil).toBe(LOADED + 72 * HOUR);
    const soon = userView({ endDate: LOADED + HOUR, terms: { ...TERMS, graceDays: 1 } });
    expect(ask({}, licenseView(), soon, LOADED).leaseUntil).toBe(LOADED + 25 * HOUR);
    const cancelled = userView({ endDate: LOADED + 2 * HOUR, cancelled: true });
    expect(ask({}, licenseView(), cancelled, LOADED).leaseUntil).toBe(LOADED + 2 * HOUR);
  });
  it('holds as long as the free plan says where the subscription fell back to it', () => {
    expect(ask({}, licenseView(), userView(), GRACE_END).leaseUntil).toBe(LOADED + 24 * HOUR);
  });
  it('is not given for an invalid answer', () => {
    expect(ask({ entitlements: ['sso'] }).leaseUntil).toBeUndefined();
    expect(ask({}, licenseView({ status: 'revoked' })).leaseUntil).toBeUndefined();
  });
});

const around = fc.integer({ min: START - 40 * 24 * HOUR, max: GRACE_END + 40 * 24 * HOUR });
const anyViews = fc.record({
  status: fc.constantFrom('active' as const, 'deactivated' as const, 'revoked' as const),
  user: fc.constantFrom('active' as const, 'erased' as const),
  subscription: fc.option(
    fc.record({
      plan: fc.constantFrom('free', 'basic', 'enterprise'),
      suspended: fc.boolean(),
      cancelled: fc.boolean(),
      startDate: around,
      endDate: around,
      terms: fc.record({
        onExpiry: fc.constantFrom('downgrade' as const, 'restrict' as const),
        graceDays: fc.nat(30),
      }),
    }),
  ),
  question: fc.record({
    product: fc.constantFrom(undefined, 'app', 'pdf'),
    clientId: fc.constantFrom(undefined, 'laptop', 'phone'),
    entitlements: fc.constantFrom(undefined, [], ['core'], ['export'], ['sso']),
  }),
  now: around,
});

type Given = typeof anyViews extends fc.Arbitrary<infer T> ? T : never;

describe('for any views', () => {
  const verdictOf = ({ status, user, subscription, question, now }: Given) =>
    ask(
      question,
      licenseView({ status }),
      userView(subscription && { ...subscription, terms: { ...TERMS, ...subscription.terms } }, {
        status: user,
      }),
      now,
    );
  const NEVER_VALID: Code[] = ['ERASED', 'REVOKED', 'DEACTIVATED', 'SUSPENDED', 'ENTITLEMENTS_MISSING'];

  it('premium and leases only come with a valid answer, and blocked licenses never do', () => {
    fc.assert(
      fc.property(anyViews, (given) => {
        const { answer, leaseUntil } = verdictOf(given);
        if (answer.premium) expect(answer).toMatchObject({ status: 'valid', code: 'VALID' });
        if (answer.status === 'invalid') expect(leaseUntil).toBeUndefined();
        if (NEVER_VALID.includes(answer.code)) expect(answer.status).toBe('invalid');
        if (given.user === 'erased') expect(answer.code).toBe('ERASED');
        expect(Object.values(answer).every((value) => value !== undefined)).toBe(true);
      }),
    );
  });

  it('the same views answer the same until the instant that the verdict names', () => {
    fc.assert(
      // Whole thousandths: most doubles from 0 to 1 lie close to 0.
      fc.property(anyViews, fc.nat(1_000), (given, thousandths) => {
        const { answer, until } = verdictOf(given);
        // As far ahead as any of the dates may lie: one that was left out of `until` is met on the way.
        const later =
          given.now + Math.floor((thousandths / 1_000) * (Math.min(until, given.now + 4e10) - 1 - given.now));
        expect(verdictOf({ ...given, now: later }).answer).toEqual(answer);
      }),
      { numRuns: 1_000 },
    );
  });
});
