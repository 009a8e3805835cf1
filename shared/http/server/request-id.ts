import { randomUUID } from 'node:crypto';

const WELL_FORMED = /^[\w.-]{8,64}$/;

/**
 * The id that names a request in the answer, in every log line and, as the correlation id, in the events it causes:
 * the caller's `X-Request-Id` where that is well-formed, else a new one.
 */
export const requestIdFrom = (header: string | string[] | undefined): string =>
  typeof header === 'string' && WELL_FORMED.test(header) ? header : randomUUID();
