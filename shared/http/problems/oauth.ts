import { type Problem, type ProblemAnswer, problemAnswer } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

/** The codes of RFC 6749, 5.2 that are problem codes of their own. */
const OWN: ReadonlySet<ProblemCode> = new Set(['invalid_client', 'invalid_scope', 'unsupported_grant_type']);

const errorOf = ({ code, status }: Problem): string => {
  if (OWN.has(code)) return code;
  // What the RFC has no code for: programs go by the status.
  return status >= 500 || status === 429 ? 'temporarily_unavailable' : 'invalid_request';
};

/** The characters that an error_description may have. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]|["\\]/g, "'");

/** The problem as an error of a token endpoint (RFC 6749, 5.2): as JSON, with its two members beside the problem's. */
export function oauthAnswer(problem: Problem, requestId: string): ProblemAnswer {
  const { status, headers, body } = problemAnswer(problem, requestId);
  const members = { error: errorOf(problem), error_description: plain(problem.message) };
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...members, ...JSON.parse(body) }),
  };
}
