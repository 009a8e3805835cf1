import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { RateDecision } from '../../../shared/http/limits/rate-limit.ts';
import { requestIdFrom } from '../../../shared/http/server/request-id.ts';
import type { Encoding } from '../answer/prepared.ts';

/** Names and values in turn, as node:http writes them without a copy. */
export type HeaderList = readonly string[];

export const NOTHING: HeaderList = [];
export const JSON_TYPE = 'application/json';

/** A text to send, measured before. */
export interface Sendable {
  readonly body: string;
  readonly length: string;
  readonly encoding: Encoding;
}

const PROCESS = randomBytes(9).toString('base64url');
let requests = 0;

/** The caller's id where it sent one, else one that is unique by this process and a number. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (header !== undefined) return requestIdFrom(header);
  requests += 1;
  return `${PROCESS}-${requests.toString(36)}`;
}

export const limitHeader = ({ remaining, resetSeconds }: RateDecision): string =>
  `"validations";r=${remaining};t=${resetSeconds}`;

/** Writes a 200 of a validation. `policy` and `limit` are the rate limit's headers; empty for nobody's license. */
export function writeAnswer(
  response: ServerResponse,
  requestId: string,
  { body, length, encoding }: Sendable,
  policy: string,
  limit: string,
  type = JSON_TYPE,
  further: HeaderList = NOTHING,
): void {
  const head = [
    'Content-Type',
    type,
    'Content-Length',
    length,
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    'X-Request-Id',
    requestId,
  ];
  if (policy !== '') head.push('RateLimit-Policy', policy, 'RateLimit', limit);
  if (further.length > 0) head.push(...further);
  response.writeHead(200, head);
  // A string goes out with the head, in one write.
  response.end(body, encoding);
}
