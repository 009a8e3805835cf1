import { type Catalogue, FREE_PLAN } from '../../../shared/catalogue/catalogue.ts';
import { isSameClient } from '../../../shared/identity/opaque.ts';
import type { LicenseView, SubscriptionInView, UserView } from '../../../shared/read-model/views.ts';
import { graceUntil } from '../../../shared/subscription-status.ts';

/** Why an answer is what it is, in the order in which they are asked: the first that holds is the code. */
export const CODES = [
  'INVALID_KEY',
  'NOT_FOUND',
  'ERASED',
  'REVOKED',
  'DEACTIVATED',
  'PRODUCT_MISMATCH',
  'CLIENT_MISMATCH',
  'SUSPENDED',
  'NOT_STARTED',
  'CANCELLED',
  'EXPIRED',
  'ENTITLEMENTS_MISSING',
  'VALID',
] as const;
export type Code = (typeof CODES)[number];

/** What the client asks about the license that its key names. What it does not ask about is undefined, not absent. */
export interface Question {
  readonly product: string | undefined;
  readonly clientId: string | undefined;
  readonly entitlements: readonly string[] | undefined;
}

/** The answer as it is sent. Every field is always there, null if it is not known. Instants are ISO 8601 in UTC. */
export interface Answer {
  readonly status: 'valid' | 'invalid';
  readonly code: Code;
  /** A plan other than `free` is running, and the answer is VALID. */
  readonly premium: boolean;
  readonly plan_type: string | null;
  readonly product: string | null;
  /** The subscription that counts is a trial, whether it still runs or not. */
  readonly trial: boolean;
  readonly license_id: string | null;
  readonly client_id: string | null;
  /** What the client may use now: empty while the license is not good, except where only some were missing. */
  readonly entitlements: readonly string[] | null;
  readonly expires_at: string | null;
  /** The end of the grace; the same as `expires_at` where there is none. */
  readonly grace_until: string | null;
  readonly grace: boolean;
  /** When the older of the two views was read: how old the answer's knowledge is. */
  readonly as_of: string | null;
}

export interface Verdict {
  readonly answer: Answer;
  /** The first instant (ms) at which the same views may give another answer; Infinity if there is none. */
  readonly until: number;
  /** Up to when (ms) a lease for this answer may hold; undefined where there is no lease. */
  readonly leaseUntil: number | undefined;
}

type License = NonNullable<LicenseView['license']>;
type User = NonNullable<UserView['user']>;

const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The answer to a key that is malformed, forged, of another kind, or under an unknown or withdrawn key id. */
export const INVALID_KEY: Answer = {
  status: 'invalid',
  code: 'INVALID_KEY',
  premium: false,
  plan_type: null,
  product: null,
  trial: false,
  license_id: null,
  client_id: null,
  entitlements: null,
  expires_at: null,
  grace_until: null,
  grace: false,
  as_of: null,
};

/** The instant that the knowledge in both views is as old as. */
export const asOf = (license: LicenseView, user: UserView): number =>
  Math.min(license.loadedAt, user.loadedAt);

/**
 * Answers the question from the two views at `now` (ms). The clock and the dates decide whether a subscription runs:
 * no event is needed for one to end.
 * @param licenseId the license that the key names
 */
export function judge(
  licenseId: string,
  question: Question,
  licenseView: LicenseView,
  userView: UserView,
  catalogue: Catalogue,
  now: number,
): Verdict {
  const known = asOf(licenseView, userView);
  const as_of = iso(known);
  const { license } = licenseView;
  const { user } = userView;
  // A license whose owner is not there says nothing either: the two are made and kept together.
  if (!license || !user || license.userId !== user.userId) {
    return final({ ...INVALID_KEY, code: 'NOT_FOUND', license_id: licenseId, as_of });
  }
  const subscription = user.subscriptions[license.product];
  const blocked = blockedBy(question, license, user, subscription);
  if (blocked) return final({ ...described(license, subscription, as_of), code: blocked });
  // There is no activation without a subscription; should the rows say otherwise, nothing is covered.
  if (!subscription) return final({ ...described(license, undefined, as_of), code: 'EXPIRED' });
  return judgeDates(question, license, subscription, catalogue, now, known);
}

const final = (answer: Answer): Verdict => ({ answer, until: Infinity, leaseUntil: undefined });

function blockedBy(
  question: Question,
  license: License,
  user: User,
  subscription: SubscriptionInView | undefined,
): Code | undefined {
  if (user.status === 'erased') return 'ERASED';
  if (license.status === 'revoked') return 'REVOKED';
  if (license.status === 'deactivated') return 'DEACTIVATED';
  if (question.product !== undefined && question.product !== license.product) return 'PRODUCT_MISMATCH';
  if (question.clientId !== undefined && !isSameClient(question.clientId, license.clientId))
    return 'CLIENT_MISMATCH';
  if (subscription?.suspended) return 'SUSPENDED';
  return undefined;
}

const graceEnd = (subscription: SubscriptionInView): number =>
  graceUntil({
    endDate: subscription.endDate,
    graceDays: subscription.terms.graceDays,
    cancelled: subscription.cancelled,
  });

/** What is known of the license, as an `invalid` answer shows it. */
function described(license: License, subscription: SubscriptionInView | undefined, as_of: string): Answer {
  return {
    ...INVALID_KEY,
    plan_type: subscription?.plan ?? null,
    product: license.product,
    trial: subscription?.trial ?? false,
    license_id: license.licenseId,
    client_id: license.clientId === '' ? null : license.clientId,
    entitlements: [],
    expires_at: subscription ? iso(subscription.endDate) : null,
    grace_until: subscription ? iso(graceEnd(subscription)) : null,
    as_of,
  };
}

/** What the dates say; undefined while the subscription runs, its grace included. */
function overAt(
  subscription: SubscriptionInView,
  now: number,
): 'NOT_STARTED' | 'CANCELLED' | 'EXPIRED' | undefined {
  if (now < subscription.startDate) return 'NOT_STARTED';
  if (subscription.cancelled && now >= subscription.endDate) return 'CANCELLED';
  return now >= graceEnd(subscription) ? 'EXPIRED' : undefined;
}

/** The next instant at which the dates may say something else. */
const nextChange = (subscription: SubscriptionInView, now: number): number =>
  Math.min(
    ...[subscription.startDate, subscription.endDate, graceEnd(subscription)].filter((at) => at > now),
    Infinity,
  );

function judgeDates(
  { entitlements: wanted }: Question,
  license: License,
  subscription: SubscriptionInView,
  catalogue: Catalogue,
  now: number,
  known: number,
): Verdict {
  const { terms, plan, endDate } = subscription;
  const base = described(license, subscription, iso(known));
  const until = nextChange(subscription, now);
  const over = overAt(subscription, now);
  const free = catalogue.products.get(license.product)?.free?.terms;
  const fallback = over && terms.onExpiry === 'downgrade' ? free : undefined;
  if (over && !fallback) return { answer: { ...base, code: over }, until, leaseUntil: undefined };
  const { entitlements, leaseHours } = fallback ?? terms;
  const planType = fallback ? FREE_PLAN : plan;
  if (wanted?.some((one) => !entitlements.includes(one))) {
    const answer: Answer = { ...base, code: 'ENTITLEMENTS_MISSING', plan_type: planType, entitlements };
    return { answer, until, leaseUntil: undefined };
  }
  const answer: Answer = {
    ...base,
    status: 'valid',
    code: over ?? 'VALID',
    premium: !over && plan !== FREE_PLAN,
    plan_type: planType,
    entitlements,
    grace: !over && now >= endDate,
  };
  // The free plan that a subscription falls back to has no end of its own.
  const leaseEnd = known + leaseHours * HOUR_MS;
  const leaseUntil = fallback ? leaseEnd : Math.min(leaseEnd, graceEnd(subscription));
  return { answer, until, leaseUntil };
}
