import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../process/logger.ts';
import { clientAddress, type TrustedProxies } from '../limits/client-address.ts';
import type { Metrics } from '../metrics.ts';
import type { Problem } from '../problems/problem.ts';
import type { Principal } from '../routes/auth.ts';
import { requestIdFrom } from './request-id.ts';
import { retryKeyOf } from './retry-key.ts';

/** What is known of a request while it is answered. */
export interface Exchange {
  readonly requestId: string;
  readonly address: string;
  /** The same in every attempt of a proxy to have this request answered. */
  readonly retryKey?: string | undefined;
  /** Template of the route, never the URL itself: a query may hold an email address. */
  route: string;
  principal?: Principal;
  problem?: Problem;
  /** How its errors are written, where not as problem documents. */
  errors?: 'oauth' | undefined;
  /** Further fields of every answer of this request, problems included. */
  readonly headers: Record<string, string>;
}

export interface ExchangeOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly trusted: TrustedProxies;
}

/**
 * Begins a request: gives it its id (also in the answer's `X-Request-Id`), measures it, and writes its line in the
 * access log when it is over. 499 stands for a caller who went before the answer.
 */
export function beginExchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Exchange {
  const { logger, metrics, trusted } = options;
  const started = performance.now();
  const forwarded = request.headers['x-forwarded-for'];
  const exchange: Exchange = {
    requestId: requestIdFrom(request.headers['x-request-id']),
    address: clientAddress(
      request.socket.remoteAddress,
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
      trusted,
    ),
    retryKey: retryKeyOf(request, trusted),
    route: 'none',
    headers: {},
  };
  response.setHeader('X-Request-Id', exchange.requestId);
  metrics.inFlight.inc();
  response.once('close', () => {
    const ms = performance.now() - started;
    const status = response.writableFinished ? response.statusCode : 499;
    const method = request.method ?? '';
    metrics.inFlight.dec();
    metrics.requests.observe({ method, route: exchange.route, status }, ms / 1_000);
    const { principal, problem } = exchange;
    // Load balancers and Prometheus ask every second: their lines would be most of the log.
    const level = isOperations(exchange.route) && status < 400 ? 'debug' : 'info';
    logger[level](
      {
        request_id: exchange.requestId,
        method,
        route: exchange.route,
        status,
        duration_ms: Math.round(ms * 100) / 100,
        address: exchange.address,
        ...(principal && { role: principal.role, ...callerOf(principal) }),
        ...(problem && { problem: problem.code }),
      },
      'request',
    );
  });
  return exchange;
}

/** Of a license key only a hash of what was typed is known here, and the key of another system may be guessed from that. */
const callerOf = ({ role, id }: Principal) => (role === 'license_key' ? {} : { caller: id });

/** What load balancers and Prometheus ask for. */
export const isOperations = (route: string): boolean => route === '/metrics' || route.startsWith('/health');
