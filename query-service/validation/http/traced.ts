import type { IncomingMessage, ServerResponse } from 'node:http';
import { inServerSpan } from '../../../shared/http/server/server-span.ts';
import { isSampled } from '../../../shared/tracing/tracing.ts';
import { type FastPath, VALIDATE_PATH } from './fast-path.ts';
import { requestIdOf } from './reply.ts';

/**
 * Validations with spans, for a node that sends traces. Only those whose caller asks for it, by a sampled `traceparent`:
 * a share of a billion requests a month would still be most of all spans, and tell least.
 */
export const traced =
  (fastPath: FastPath) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const answer = () => fastPath.handle(request, response);
    const exchange = { requestId: requestIdOf(request.headers['x-request-id']), route: VALIDATE_PATH };
    if (isSampled(request.headers.traceparent)) inServerSpan(request, response, exchange, answer);
    else answer();
  };
