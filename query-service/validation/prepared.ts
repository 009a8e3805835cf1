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
  /** Bytes of the body. */
  readonly length: string;
  /** Validations a minute, by the subscription's terms. */
  readonly limit: number;
  readonly policy: string;
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
    length: String(Buffer.byteLength(body)),
    limit,
    policy: `"validations";q=${limit};w=60`,
  };
}
