import type { ServerResponse } from 'node:http';
import type { Logger } from '../../process/logger.ts';
import { toProblem } from '../problems/faults.ts';
import { oauthAnswer } from '../problems/oauth.ts';
import { Problem, problemAnswer } from '../problems/problem.ts';
import type { HandlerAnswer } from '../routes/route.ts';
import type { Exchange } from './exchange.ts';

/** Writes a handler's answer. A body that is an object goes out as JSON. */
export function sendAnswer(
  response: ServerResponse,
  exchange: Exchange,
  answer: HandlerAnswer,
  mediaType = 'application/json',
): void {
  const { status, headers, body } = answer;
  if (body === undefined) {
    response.writeHead(status, { 'Cache-Control': 'no-store', ...exchange.headers, ...headers }).end();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response
    .writeHead(status, {
      'Content-Type': mediaType,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...exchange.headers,
      ...headers,
      'Content-Length': Buffer.byteLength(text),
    })
    .end(text);
}

/**
 * Answers with the problem that stands for `error`. What is this side's fault goes to the log with its cause; what
 * is the caller's does not (the parser's message repeats a piece of the body).
 */
export function sendProblem(
  response: ServerResponse,
  exchange: Exchange,
  error: unknown,
  logger: Logger,
): void {
  const problem = toProblem(error);
  exchange.problem = problem;
  if (problem.status >= 500) {
    const fields = { request_id: exchange.requestId, route: exchange.route, err: problem.cause ?? problem };
    if (problem.code === 'internal_error') logger.error(fields, 'request_failed');
    else logger.warn(fields, 'request_failed');
  }
  if (response.headersSent) {
    // The answer is under way: cutting the connection is the only way left to say that it is not whole.
    response.destroy();
    return;
  }
  const written = exchange.errors === 'oauth' ? oauthAnswer : problemAnswer;
  const { status, headers, body } = written(problem, exchange.requestId);
  // Whoever sends more than is read would otherwise be read to the end.
  const closing = problem.code === 'body_too_large' ? { Connection: 'close' } : {};
  response
    .writeHead(status, {
      ...exchange.headers,
      ...headers,
      ...closing,
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
}

/** 405 with the methods that the route has (RFC 9110, 15.5.6). */
export const methodNotAllowed = (allow: string): Problem =>
  new Problem('method_not_allowed', { headers: { Allow: allow } });
