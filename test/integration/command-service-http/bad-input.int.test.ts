import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { isScope } from '../../../shared/tokens/scopes.ts';
import { type Licensed, signUpLicensed } from '../../support/requests/api.ts';
import { badRequests, wrongAnswer } from '../../support/requests/bad-requests.ts';
import { type Member, welcomeMember, withSession } from '../../support/requests/staff.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let licensed: Licensed;
let operator: string;
let member: Member;

beforeAll(async () => {
  node = await startCommandNode();
  licensed = await signUpLicensed(node.url);
  operator = await node.operatorToken();
  member = await welcomeMember(node.url, operator, ['customers:read']);
});
afterAll(() => node[Symbol.asyncDispose]());

/** Somebody whom the route lets in, so that what is refused is the request. */
function callerOf({ auth }: RouteSpec): Record<string, string> {
  if (auth === 'anyone') return {};
  if (auth.includes('member')) return withSession(member.cookie);
  return { Authorization: `Bearer ${auth.some(isScope) ? operator : licensed.token}` };
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
      expect(requests.length).toBeGreaterThan(route.method === 'get' ? 3 : 20);
      const answers = await Promise.all(
        requests.map((request) => wrongAnswer(node.url, request, callerOf(route))),
      );
      expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
      expect(await eventCount()).toBe(before);
    },
  );
});
