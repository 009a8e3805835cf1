import { type Call, headersOf } from './call.ts';
import { noAnswer, type Problem, problemIn } from './problem.ts';

export type Outcome<T> =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: T;
      /** For `If-Match` of a later command. */
      readonly etag: string | undefined;
      /** `Event-Position`, for `minPosition` of later queries. */
      readonly position: string | undefined;
    }
  | { readonly ok: false; readonly problem: Problem; readonly etag?: string | undefined };

export interface ApiOptions {
  /** Headers that say who asks: a bearer token, or what goes with a session cookie. */
  readonly credentials: (call: Call) => Readonly<Record<string, string>>;
  /** Called after an answer that says that the session is over, before it is returned. */
  readonly onSessionOver?: (problem: Problem) => void;
}

export type Api = <T>(call: Call) => Promise<Outcome<T>>;

/** How often a call is made at most, and how long a 503 may ask to be waited for. */
const ATTEMPTS = 4;
const LONGEST_WAIT_MS = 5_000;
const TIMEOUT_MS = 20_000;

/** The last: another tab has begun another session, which may be somebody else's. */
const SESSION_OVER = new Set([
  'token_required',
  'token_invalid',
  'token_expired',
  'token_ended',
  'csrf_token_invalid',
]);

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A query, or a command that says which one it is: made twice it has one effect. */
const isRepeatable = (call: Call): boolean => call.method === 'GET' || call.idempotencyKey !== undefined;

/**
 * Calls the API and always answers; it never throws. No answer and 503 are tried again for some seconds where that can't do
 * anything twice.
 */
export function createApi(options: ApiOptions): Api {
  const once = async <T>(call: Call): Promise<Outcome<T> & { readonly retryAfterMs?: number }> => {
    try {
      const response = await fetch(call.path, {
        method: call.method,
        headers: {
          ...headersOf(call),
          ...(call.body !== undefined && { 'Content-Type': 'application/json' }),
          ...options.credentials(call),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        cache: 'no-store',
      });
      const text = await response.text();
      const etag = response.headers.get('ETag') ?? undefined;
      const position = response.headers.get('Event-Position') ?? undefined;
      const { ok, status } = response;
      if (ok) return { ok, status, body: (text === '' ? undefined : JSON.parse(text)) as T, etag, position };
      const problem = problemIn(status, text);
      const after = status === 503 ? Number(response.headers.get('Retry-After') ?? 1) * 1_000 : undefined;
      return { ok, problem, etag, ...(after !== undefined && { retryAfterMs: after }) };
    } catch (error) {
      return { ok: false, problem: noAnswer(error), retryAfterMs: 1_000 };
    }
  };

  return async <T>(call: Call) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once<T>(call);
      const { retryAfterMs } = outcome;
      const again = retryAfterMs !== undefined && retryAfterMs <= LONGEST_WAIT_MS && isRepeatable(call);
      if (again && attempt < ATTEMPTS) {
        await wait(retryAfterMs * (0.75 + Math.random() / 2));
        continue;
      }
      if (!outcome.ok && SESSION_OVER.has(outcome.problem.code)) options.onSessionOver?.(outcome.problem);
      return outcome;
    }
  };
}
