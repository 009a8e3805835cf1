import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { beginSpan, contextOf, within } from '../../tracing/tracing.ts';

/** What a request's span is told once it is over. */
export interface TracedExchange {
  readonly requestId: string;
  readonly route: string;
  readonly problem?: { readonly code: string };
}

/**
 * Answers a request within a span of its own, which continues the caller's trace if there is one. Attributes are those
 * of OpenTelemetry's conventions for HTTP; neither the URL nor an address is among them.
 */
export function inServerSpan(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: TracedExchange,
  answer: () => void,
): void {
  const method = request.method ?? '';
  const parent = contextOf(request.headers.traceparent);
  const span = beginSpan(method, parent, { kind: SpanKind.SERVER });
  response.once('close', () => {
    const status = response.writableFinished ? response.statusCode : 499;
    span.updateName(`${method} ${exchange.route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.route': exchange.route,
      'http.response.status_code': status,
      'request.id': exchange.requestId,
      ...(exchange.problem && { 'error.type': exchange.problem.code }),
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  within(span, parent, answer);
}
