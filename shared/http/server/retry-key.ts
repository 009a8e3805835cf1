import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from '../limits/client-address.ts';

/** Nginx's `$request_id`: 16 random bytes. */
const WELL_FORMED = /^[0-9a-f]{32}$/;

/**
 * What names a request that a proxy may send more than once: the same in each attempt, another in each request of a
 * caller. It is believed of a trusted proxy alone, which overwrites what its callers write.
 */
export function retryKeyOf(request: IncomingMessage, trusted: TrustedProxies): string | undefined {
  const key = request.headers['x-retry-key'];
  if (typeof key !== 'string' || !WELL_FORMED.test(key)) return undefined;
  return trusted.has(request.socket.remoteAddress ?? '') ? key : undefined;
}
