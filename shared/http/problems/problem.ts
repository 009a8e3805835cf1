import { PROBLEMS, type ProblemCode, RETRY_AFTER_SECONDS, shownCode } from './problem-codes.ts';

/** One field that is wrong, and what was expected. For the form of `pointer` see fields.ts. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  /** What is particular to this occurrence, for people. It is sent to the client: nothing secret, nothing internal. */
  readonly detail?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  /** Further members of the problem (RFC 9457, 3.2), in snake_case. */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown in a request's path to answer with a problem. Nothing of `cause` reaches the client. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly options: ProblemOptions;
  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(
      options.detail ?? PROBLEMS[code].title,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = 'Problem';
    this.code = code;
    this.options = options;
  }
  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** An answer that is ready to be written, by Express or by hand. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `type` of a problem: a URN, because it must stay the same wherever the service is deployed. */
export const problemType = (code: ProblemCode): string => `urn:license-system:problem:${shownCode(code)}`;

const headersFor = (problem: Problem): Record<string, string> => {
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
  if (problem.status === 401) headers['WWW-Authenticate'] = challenge(problem.code);
  if (problem.status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS);
  return { ...headers, ...problem.options.headers };
};

/** RFC 6750, 3: no error code where no token was given. */
function challenge(code: ProblemCode): string {
  if (code === 'invalid_client') return 'Basic realm="license-system"';
  const realm = 'Bearer realm="license-system"';
  if (code === 'token_required' || code === 'invalid_credentials') return realm;
  return `${realm}, error="invalid_token", error_description="${PROBLEMS[code].title}"`;
}

/** The problem as `application/problem+json` (RFC 9457). */
export function problemAnswer(problem: Problem, requestId: string): ProblemAnswer {
  const { status, title } = PROBLEMS[problem.code];
  const { detail, errors, members } = problem.options;
  return {
    status,
    headers: headersFor(problem),
    body: JSON.stringify({
      type: problemType(problem.code),
      title,
      status,
      code: shownCode(problem.code),
      ...(detail === undefined ? {} : { detail }),
      ...(errors === undefined ? {} : { errors }),
      ...members,
      request_id: requestId,
    }),
  };
}

/** A request with wrong fields. */
export const invalidFields = (...errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', { errors });
