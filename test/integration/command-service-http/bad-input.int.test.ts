import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { PROBLEMS } from '../../../shared/http/problem-codes.ts';
import type { RouteSpec } from '../../../shared/http/route.ts';
import { type Licensed, signUpLicensed } from '../../support/api.ts';
import { type BadRequest, badRequests } from '../../support/bad-requests.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let licensed: Licensed;
let operator: string;

beforeAll(async () => {
  node = await startCommandNode();
  licensed = await signUpLicensed(node.url);
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const tokenFor = ({ auth }: RouteSpec): string | undefined => {
  if (auth === 'anyone') return undefined;
  return auth.includes('operator') ? operator : licensed.token;
};

/** Not who asks or what exists: these requests are refused for what they say. */
const ABOUT_THE_REQUEST = new Set([
  'invalid_request',
  'malformed_json',
  'malformed_request',
  'body_too_large',
  'unsupported_media_type',
  'headers_too_large',
]);

/** Each must be a 4xx problem; what is not is named. */
async function wrongAnswer(request: BadRequest, token: string | undefined): Promise<string | undefined> {
  const response = await fetch(`${node.url}${request.resource}`, {
    method: request.method,
    headers: { ...request.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const text = await response.text();
  const problem = response.headers.get('Content-Type') === 'application/problem+json';
  const body = problem ? (JSON.parse(text) as Record<string, unknown>) : {};
  const known = PROBLEMS[body.code as keyof typeof PROBLEMS];
  const good =
    known?.status === response.status &&
    ABOUT_THE_REQUEST.has(String(body.code)) &&
    body.request_id === response.headers.get('X-Request-Id') &&
    (body.code !== 'invalid_request' || (Array.isArray(body.errors) && body.errors.length > 0));
  return good
    ? undefined
    : `${request.method} ${request.resource.slice(0, 60)} (${request.what}): ${response.status} ${text.slice(0, 200)}`;
}

const eventCount = async (): Promise<string> => {
  const answer = await fetch(`${node.url}/metrics`);
  return (await answer.text()).match(/append_duration_seconds_count\{outcome="appended".*/)?.[0] ?? '';
};

describe('bad input', () => {
  it.each(commandRoutes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    '%s: only 4xx problems, and nothing changes',
    async (_name, route) => {
      const before = await eventCount();
      const requests = badRequests(route);
      expect(requests.length).toBeGreaterThan(20);
      const answers = await Promise.all(requests.map((request) => wrongAnswer(request, tokenFor(route))));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
      expect(await eventCount()).toBe(before);
    },
  );
});
