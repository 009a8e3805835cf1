/**
 * What lets a page, an Electron window or a plug-in of any origin read an answer (CORS, Fetch Standard, 3.2). Of any
 * origin, because the seller's program runs where we don't know, and because nothing here goes by a cookie: who asks has
 * a key in its hand. Never with credentials.
 */
export const CROSS_ORIGIN = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'Age, ETag, Event-Position, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id',
} as const;

/** Headers that a page may send along. `*` would leave out Authorization (Fetch Standard, 4.8). */
const ALLOWED_HEADERS =
  'Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, Min-Event-Position, X-Request-Id, traceparent';

/** Seconds for which a browser need not ask again; Chromium cuts it to two hours, Firefox to a day. */
const MAX_AGE = '86400';

/** The answer to a preflight. @param methods as `Allow` has them */
export const preflight = (methods: string) => ({
  ...CROSS_ORIGIN,
  'Access-Control-Allow-Methods': methods,
  'Access-Control-Allow-Headers': ALLOWED_HEADERS,
  'Access-Control-Max-Age': MAX_AGE,
});
