import type { ServerResponse } from 'node:http';
import type { RateDecision } from '../../shared/http/rate-limit.ts';

/** Names and values in turn, as node:http writes them without a copy. */
export type HeaderList = readonly string[];

/** See rateLimitHeaders of the other routes; here the policy's text is made once. */
export const limitHeaders = (policy: string, { remaining, resetSeconds }: RateDecision): string[] => [
  'RateLimit-Policy',
  policy,
  'RateLimit',
  `"validations";r=${remaining};t=${resetSeconds}`,
];

export const headerFields = (list: HeaderList): Record<string, string> =>
  Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] as string]] : [])));

/** A validation's answer, its text and length made before. */
export function writeAnswer(
  response: ServerResponse,
  requestId: string,
  body: string,
  length: string,
  further: HeaderList = [],
): void {
  write(response, requestId, 'application/json', body, length, further);
}

export function writeLease(
  response: ServerResponse,
  requestId: string,
  lease: string,
  further: HeaderList,
): void {
  write(response, requestId, 'application/jwt', lease, String(lease.length), further);
}

function write(
  response: ServerResponse,
  requestId: string,
  type: string,
  body: string,
  length: string,
  further: HeaderList,
): void {
  response.writeHead(200, [
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
    ...further,
  ]);
  // A string goes out with the head in one write.
  response.end(body);
}
