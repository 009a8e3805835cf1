import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import { createAuthenticate, type Grant } from '../../../shared/http/routes/auth.ts';
import { sessionCookie } from '../../../shared/http/routes/session-cookie.ts';
import { licenseKeyForm, licenseKeyHash } from '../../../shared/license-keys/text.ts';
import { ALL_SCOPES, type Scope } from '../../../shared/tokens/scopes.ts';
import type { AccessClaims, SessionClaims } from '../../../shared/tokens/tokens.ts';
import { testRing } from '../tokens/rings.ts';

const cookie = sessionCookie('https://licenses.example.com');
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
  isEnded: (claims: AccessClaims | SessionClaims) => Promise<boolean> = async () => false,
) {
  const authenticate = createAuthenticate({ tokens: ring.tokens, cookie, isEnded });
  return authenticate({ authorization: `Bearer ${token}`, changes: true }, grants).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    const { status, headers, body } = problemAnswer(error, 'r');
    return { status, challenge: headers['WWW-Authenticate'], ...JSON.parse(body) };
  });
}

describe('a license key', () => {
  const KEY = 'A3C5H-R4RBV-67YR2-1HAQG-SHDBS';
  const grants = ['user', 'license_key'] as const;
  const asking = async (authorization: string, imported = false, routeGrants: readonly Grant[] = grants) => {
    using ring = await testRing();
    const { tokens } = ring;
    const isEnded = async () => false;
    const authenticate = createAuthenticate({ tokens, cookie, isEnded, importedLicenseKeys: imported });
    return authenticate({ authorization, changes: true }, routeGrants).catch((error: Problem) => error.code);
  };
  const found = { role: 'license_key', id: licenseKeyHash(licenseKeyForm(KEY)) };

  it.each([
    `Bearer ${KEY}`,
    `bearer   ${KEY.toLowerCase()}  `,
    `Bearer ${KEY.replaceAll('-', '')}`,
    `Bearer ${KEY.replaceAll('-', ' ')}`,
    `Bearer ${KEY.replaceAll('1', 'l')}`,
    `Bearer a 3c5h - r4rbv.67yr2 ihaqg shdbs`.replace('.', '-'),
  ])('is known however it is typed: %s', async (authorization) => {
    expect(await asking(authorization)).toEqual(found);
  });

  it.each([
    `Bearer ${KEY.replace('A3', 'B3')}`,
    `Bearer ${KEY.replace('A3', '3A')}`,
    `Bearer ${KEY}7`,
    `Bearer ${KEY.slice(0, -1)}`,
    'Bearer your-license-key',
    'Bearer ä',
  ])('is unknown where it is mistyped: %s', async (authorization) => {
    expect(await asking(authorization)).toBe('license_key_unknown');
  });

  it('is no token, and counts only where the route says so', async () => {
    expect(await asking('Bearer e30.e30.e30')).toBe('token_invalid');
    expect(await asking(`Basic ${KEY}`)).toBe('token_invalid');
    expect(await asking(`Bearer ${KEY}`, false, ['user', 'client'])).toBe('token_invalid');
    expect(await asking(`Bearer ${KEY}`, false, ['keys:write'])).toBe('token_invalid');
  });

  it('may be another system’s where a setting says so', async () => {
    const other = { role: 'license_key', id: licenseKeyHash('ACME2019UX7Q') };
    expect(await asking('Bearer acme-2019-ux7q', true)).toEqual(other);
    expect(await asking('Bearer acme-2019-ux7q')).toBe('license_key_unknown');
    expect(await asking(`Bearer ${KEY}`, true)).toEqual(found);
    expect(await asking('Bearer abc', true)).toBe('license_key_unknown');
  });
});

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
    const ended = async (claims: AccessClaims | SessionClaims) =>
      claims.role === 'staff' && claims.key === keyId;
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
