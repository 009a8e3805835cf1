import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { isScope } from '../../../shared/tokens/scopes.ts';
import { type Licensed, signUpLicensed } from '../../support/api.ts';
import { badRequests, wrongAnswer } from '../../support/bad-requests.ts';
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
  return auth.some(isScope) ? operator : licensed.token;
};

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
      expect(requests.length).toBeGreaterThan(route.method === 'get' ? 10 : 20);
      const answers = await Promise.all(
        requests.map((request) => wrongAnswer(node.url, request, tokenFor(route))),
      );
      expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
      expect(await eventCount()).toBe(before);
    },
  );
});
