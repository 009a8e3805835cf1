import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import { createAuthenticate, type Grant } from '../../../shared/http/routes/auth.ts';
import { ALL_SCOPES, type Scope } from '../../../shared/tokens/scopes.ts';
import type { AccessClaims } from '../../../shared/tokens/tokens.ts';
import { testRing } from '../tokens/rings.ts';

const keyId = randomUUID();
const tokenOf = async (ring: Awaited<ReturnType<typeof testRing>>, scopes: readonly string[]) =>
  (
    await ring.tokens.signAccessToken({
      subject: randomUUID(),
      role: 'staff',
      revision: 3,
      service: { keyId, scopes },
    })
  ).token;

/** What a caller with this token gets from a route with these grants: who they are, or the problem. */
async function asks(
  token: string,
  grants: readonly Grant[],
  ring: Awaited<ReturnType<typeof testRing>>,
  isEnded: (claims: AccessClaims) => Promise<boolean> = async () => false,
) {
  const authenticate = createAuthenticate({ tokens: ring.tokens, isEnded });
  return authenticate(`Bearer ${token}`, grants).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    const { status, headers, body } = problemAnswer(error, 'r');
    return { status, challenge: headers['WWW-Authenticate'], ...JSON.parse(body) };
  });
}

describe('a service account', () => {
  it('is let in with the scope that the route names, and is told which one lacks', async () => {
    using ring = await testRing();
    const token = await tokenOf(ring, ['customers:read', 'subscriptions:write']);
    expect(await asks(token, ['user', 'subscriptions:write'], ring)).toMatchObject({ role: 'staff' });
    expect(await asks(token, ['user', 'customers:erase'], ring)).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      scope: 'customers:erase',
      challenge: 'Bearer realm="license-system", error="insufficient_scope", scope="customers:erase"',
    });
  });

  it('needs one of several scopes', async () => {
    using ring = await testRing();
    const grants = ['customers:read', 'history:read'] as const;
    expect(await asks(await tokenOf(ring, ['history:read']), grants, ring)).toMatchObject({ role: 'staff' });
    const refused = await asks(await tokenOf(ring, ['keys:write']), grants, ring);
    expect(refused).toMatchObject({ code: 'insufficient_scope', scope: 'customers:read history:read' });
  });

  it('is not let in where no scope opens, whatever it has, and by no scope that this release does not know', async () => {
    using ring = await testRing();
    expect(await asks(await tokenOf(ring, ALL_SCOPES), ['user', 'client'], ring)).toMatchObject({
      code: 'role_not_allowed',
    });
    const later = await tokenOf(ring, ['customers:merge', 'toString']);
    for (const scope of ALL_SCOPES)
      expect(await asks(later, [scope], ring)).toMatchObject({ code: 'insufficient_scope' });
  });

  it('is refused once its token was ended', async () => {
    using ring = await testRing();
    const ended = async (claims: AccessClaims) => claims.role === 'staff' && claims.key === keyId;
    const token = await tokenOf(ring, ['customers:read']);
    expect(await asks(token, ['customers:read'], ring, ended)).toMatchObject({ code: 'token_ended' });
  });
});

describe('a token of the command-line tool', () => {
  it.each<[role: 'operator' | 'analyst', scopes: readonly Scope[]]>([
    ['operator', ALL_SCOPES],
    ['analyst', ['history:read']],
  ])('%s', async (role, scopes) => {
    using ring = await testRing();
    const { token } = await ring.tokens.signAccessToken({ subject: 'ann', role });
    for (const scope of ALL_SCOPES)
      expect(await asks(token, [scope], ring)).toMatchObject(
        scopes.includes(scope) ? { role, id: 'ann' } : { code: 'insufficient_scope', scope },
      );
  });
});

it('a customer is refused for their kind, and not for a scope', async () => {
  using ring = await testRing();
  const subject = randomUUID();
  const { token } = await ring.tokens.signAccessToken({ subject, role: 'user', revision: 0 });
  expect(await asks(token, ['customers:erase'], ring)).toMatchObject({ code: 'role_not_allowed' });
  expect(await asks(token, ['user', 'customers:erase'], ring)).toMatchObject({ userId: subject });
});
