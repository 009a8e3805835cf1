import type { LicenseView, UserView } from '../../shared/read-model/views.ts';
import { type Answer, type Code, type FreeTerms, judge, type Question } from './answer.ts';
import type { Entry } from './view-memory.ts';

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
  readonly leaseUntil: number | undefined;
  readonly answer: Answer;
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

/** What has to be known of a text to send it. */
export function measured(body: string): { readonly length: string; readonly encoding: Encoding } {
  const bytes = Buffer.byteLength(body);
  return { length: String(bytes), encoding: bytes === body.length ? 'latin1' : 'utf8' };
}

/** Judges, and makes the text. */
export function prepare(
  asked: string,
  question: Question,
  licenseId: string,
  views: { readonly license: Entry<LicenseView>; readonly user: Entry<UserView> },
  free: FreeTerms & { readonly validationsPerMinute: number },
  now: number,
): Prepared {
  const { license, user } = views;
  const { answer, until, leaseUntil } = judge(licenseId, question, license.view, user.view, free, now);
  const body = JSON.stringify(answer);
  const limit = user.view.user?.subscription?.terms.validationsPerMinute ?? free.validationsPerMinute;
  return {
    asked,
    license,
    user,
    from: now,
    until,
    leaseUntil,
    answer,
    code: answer.code,
    body,
    ...measured(body),
    limit,
    policy: `"validations";q=${limit};w=60`,
  };
}
