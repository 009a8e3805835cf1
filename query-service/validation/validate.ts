import type { Catalogue } from '../../shared/catalogue/catalogue.ts';
import type { Position } from '../../shared/event-log/position.ts';
import type { AnonymousLimit } from '../../shared/http/limits/anonymous-limit.ts';
import type { RateDecision, RateLimiter } from '../../shared/http/limits/rate-limit.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import { SILENCE_MS } from '../../shared/read-model/notices.ts';
import type { Tokens } from '../../shared/tokens/tokens.ts';
import { asOf, type Verdict } from './answer/answer.ts';
import { type Prepared, prepare } from './answer/prepared.ts';
import type { AskedQuestion } from './http/question.ts';
import type { VerifiedKey, VerifiedKeys } from './keys/verified-keys.ts';
import type { Trust } from './trust/trust.ts';
import type { DatabaseClock } from './views/database-clock.ts';
import type { Known, LicenseViews } from './views/license-views.ts';

export interface ValidateOptions {
  readonly keys: VerifiedKeys;
  readonly views: LicenseViews;
  readonly limiter: RateLimiter;
  readonly anonymous: AnonymousLimit;
  readonly tokens: Pick<Tokens, 'signLease'>;
  /** Has what a downgraded subscription falls back to. */
  readonly catalogue: Catalogue;
  readonly clock: () => number;
  readonly databaseClock: DatabaseClock;
  readonly trust: Pick<Trust, 'silentMs'>;
}

/** A validation with everything read and checked, but for the key. */
export interface Asking {
  readonly token: string | undefined;
  /** The caller's. */
  readonly address: string;
  /** The question as it stood in the request. */
  readonly asked: string;
  readonly question: AskedQuestion;
  readonly atLeast: Position | undefined;
  readonly lease: boolean;
}

export type Validated =
  | { readonly kind: 'invalid_key' }
  | {
      readonly kind: 'limited';
      readonly key: VerifiedKey;
      readonly prepared: Prepared;
      readonly rate: RateDecision;
    }
  | {
      readonly kind: 'answered';
      readonly key: VerifiedKey;
      readonly known: Known;
      readonly prepared: Prepared;
      readonly rate: RateDecision;
      readonly lease: string | undefined;
      /** See {@link silenceAge}, and where the layers below can't answer the seconds since the views were read. */
      readonly ageSeconds: number | undefined;
    };

/**
 * The whole of a validation: verifies the key, finds its views, counts the use, judges, signs a lease.
 * @throws Problem rate_limited, read_model_behind, read_model_parked, busy, database_unavailable, and NoSigningKey
 */
export async function validate(options: ValidateOptions, asking: Asking): Promise<Validated> {
  const { views, limiter, clock, catalogue } = options;
  const { question, asked, atLeast } = asking;
  const key = await keyOf(options, asking);
  if (!key) return { kind: 'invalid_key' };
  const known = await resolved(views, key, atLeast);
  const now = clock();
  const { product, client_id: clientId, entitlements } = question;
  const about = { product, clientId, entitlements };
  const { prepared, verdict } = prepare(asked, about, key.licenseId, known, catalogue, now);
  key.prepared = prepared;
  key.appVersion = question.app_version;
  const rate = limiter.check(key.limitKey, prepared.limit, now);
  if (!rate.allowed) return { kind: 'limited', key, prepared, rate };
  const lease = asking.lease ? await leaseFor(options, key, verdict, question.nonce, now) : undefined;
  return { kind: 'answered', key, known, prepared, rate, lease, ageSeconds: ageOf(options, known) };
}

/**
 * Undefined for one that is not good. An address that has sent too many of those gets no more verified in this minute:
 * else a flood of forged keys would fill the queue of signatures that everybody's keys wait in.
 * @throws Problem rate_limited, busy
 */
async function keyOf(
  { keys, anonymous }: ValidateOptions,
  { token, address }: Asking,
): Promise<VerifiedKey | undefined> {
  const remembered = token === undefined ? undefined : keys.remembered(token);
  if (remembered) return remembered;
  anonymous.assertLeft(address);
  const key = token === undefined ? undefined : await keys.verify(token);
  if (!key) anonymous.count(address);
  return key;
}

/**
 * Seconds since it was last said that the read model is kept up, once that is longer ago than the bound within which a
 * change is seen: the projector may stand still, or its notices don't come through.
 */
export const silenceAge = ({ silentMs }: Pick<Trust, 'silentMs'>): number | undefined =>
  silentMs < SILENCE_MS ? undefined : Math.floor(silentMs / 1_000);

function ageOf(
  { trust, databaseClock }: ValidateOptions,
  { license, user, stale }: Known,
): number | undefined {
  if (!stale) return silenceAge(trust);
  const age = Math.floor((databaseClock.now() - asOf(license.view, user.view)) / 1_000);
  return Math.max(0, age, silenceAge(trust) ?? 0);
}

async function resolved(
  views: LicenseViews,
  key: VerifiedKey,
  atLeast: Position | undefined,
): Promise<Known> {
  const resolution = await views.resolve(key, atLeast);
  switch (resolution.kind) {
    case 'known':
      return resolution;
    case 'behind':
      throw new Problem('read_model_behind');
    case 'parked':
      throw new Problem('read_model_parked');
    case 'unavailable':
      throw new Problem('database_unavailable', { cause: resolution.cause });
    default:
      return resolution satisfies never;
  }
}

/** Undefined where the answer gives none, or one that would have ended already. */
async function leaseFor(
  { tokens }: ValidateOptions,
  key: VerifiedKey,
  { answer, leaseUntil }: Verdict,
  nonce: string | undefined,
  now: number,
): Promise<string | undefined> {
  if (leaseUntil === undefined || leaseUntil <= now) return undefined;
  return tokens.signLease({
    subject: key.licenseId,
    issuedAt: Math.floor(now / 1_000),
    expiresAt: Math.floor(leaseUntil / 1_000),
    nonce,
    license: answer,
  });
}
