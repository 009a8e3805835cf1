import type { Catalogue } from '../../../shared/catalogue/catalogue.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { Entry } from '../views/view-memory.ts';
import { type Code, judge, type Question, type Verdict } from './answer.ts';

/**
 * An answer that is ready to be sent, and what it rests on. As long as that is the same (the question's text, both
 * views, and no date passed), asking again costs four comparisons.
 */
export interface Prepared {
  /** The question as it stood in the request; empty where it is not worth to be compared. */
  readonly asked: string;
  readonly license: Entry<LicenseView>;
  readonly user: Entry<UserView>;
  /** Milliseconds since 1970: from the first of these instants, before the second. */
  readonly from: number;
  readonly until: number;
  readonly code: Code;
  readonly body: string;
  readonly length: string;
  readonly encoding: Encoding;
  /** Validations a minute, by the subscription's terms. */
  readonly limit: number;
  readonly policy: string;
}

/** One byte a character is written faster than UTF-8, and is the same where all is ASCII. */
export type Encoding = 'latin1' | 'utf8';

/** Validations a minute where the user has no subscription whose terms would say. */
const LIMIT_WITHOUT_TERMS = 600;

let policies = new Map<number, string>();

/** The text of a limit's policy: the same for almost everybody, so it is kept once. */
function policyOf(limit: number): string {
  const policy = policies.get(limit) ?? `"validations";q=${limit};w=60`;
  if (policies.size > 1_000) policies = new Map();
  policies.set(limit, policy);
  return policy;
}

/** What has to be known of a text to send it. */
export function measured(body: string): { readonly length: string; readonly encoding: Encoding } {
  const bytes = Buffer.byteLength(body);
  return { length: String(bytes), encoding: bytes === body.length ? 'latin1' : 'utf8' };
}

/** Judges, and makes the text. The verdict itself is not kept: it takes more memory than the text. */
export function prepare(
  asked: string,
  question: Question,
  licenseId: string,
  views: { readonly license: Entry<LicenseView>; readonly user: Entry<UserView> },
  catalogue: Catalogue,
  now: number,
): { readonly prepared: Prepared; readonly verdict: Verdict } {
  const { license, user } = views;
  const verdict = judge(licenseId, question, license.view, user.view, catalogue, now);
  const body = JSON.stringify(verdict.answer);
  const { product } = verdict.answer;
  const subscription = product === null ? undefined : user.view.user?.subscriptions[product];
  const limit = subscription?.terms.validationsPerMinute ?? LIMIT_WITHOUT_TERMS;
  const prepared: Prepared = {
    asked,
    license,
    user,
    from: now,
    until: verdict.until,
    code: verdict.answer.code,
    body,
    ...measured(body),
    limit,
    policy: policyOf(limit),
  };
  return { prepared, verdict };
}
