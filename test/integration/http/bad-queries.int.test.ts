import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { querySpecs } from '../../../query-service/routes/all.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { isScope } from '../../../shared/tokens/scopes.ts';
import { badRequests, wrongAnswer } from '../../support/requests/bad-requests.ts';
import { useSystem } from '../query-service/system.ts';

const system = useSystem();

/** The cookie of a member of staff who has logged in. */
async function memberCookie(): Promise<string> {
  const [staffId, sessionId, expiresAt] = [randomUUID(), randomUUID(), Date.now() + 3_600_000];
  const sessions = JSON.stringify([{ sessionId, startedAt: Date.now(), expiresAt }]);
  await system.it.pool.query(
    `INSERT INTO read_model.staff (staff_id, kind, name, email, status, scopes, scopes_revision, keys, sessions, revision, created_at, updated_at)
     VALUES ($1, 'person', 'Grace', 'grace@example.com', 'active', '{}', 0, '[]', $2, 1, now(), now())`,
    [staffId, sessions],
  );
  const session = { staffId, sessionId, revision: 1, scopes: [], expiresAt };
  return `staff=${await system.it.tokens.signSession(session)}`;
}

/** Somebody whom the route lets in, so that what is refused is the request. */
async function callerOf({ auth }: RouteSpec): Promise<Record<string, string>> {
  if (auth === 'anyone') return {};
  if (auth.includes('member')) return { Cookie: await memberCookie() };
  const user = await system.it.readModel.addUser();
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  if (auth.includes('client')) return bearer(await system.it.keyOf(user));
  return bearer(
    await (auth.some(isScope)
      ? system.it.accessToken('support', 'operator')
      : system.it.accessToken(user.userId)),
  );
}

describe('bad input', () => {
  it.each(querySpecs.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    '%s: only 4xx problems',
    async (_name, route) => {
      const node = await system.it.startNode();
      const caller = await callerOf(route);
      const requests = badRequests(route);
      expect(requests.length).toBeGreaterThan(3);
      const answers = await Promise.all(requests.map((request) => wrongAnswer(node.url, request, caller)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
    },
  );
});
