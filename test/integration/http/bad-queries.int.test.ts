import { describe, expect, it } from 'vitest';
import { querySpecs } from '../../../query-service/routes/all.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { isScope } from '../../../shared/tokens/scopes.ts';
import { badRequests, wrongAnswer } from '../../support/bad-requests.ts';
import { useSystem } from '../query-service/system.ts';

const system = useSystem();

/** Somebody whom the route lets in, so that what is refused is the request. */
async function tokenFor({ auth }: RouteSpec): Promise<string | undefined> {
  if (auth === 'anyone') return undefined;
  const user = await system.it.readModel.addUser();
  if (auth.includes('client')) return system.it.keyOf(user);
  return auth.some(isScope)
    ? system.it.accessToken('support', 'operator')
    : system.it.accessToken(user.userId);
}

describe('bad input', () => {
  it.each(querySpecs.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    '%s: only 4xx problems',
    async (_name, route) => {
      const node = await system.it.startNode();
      const token = await tokenFor(route);
      const requests = badRequests(route);
      expect(requests.length).toBeGreaterThan(3);
      const answers = await Promise.all(requests.map((request) => wrongAnswer(node.url, request, token)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
    },
  );
});
