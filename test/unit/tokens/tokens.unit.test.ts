import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { PUBLISH_LEAD_MS } from '../../../shared/tokens/key-ring.ts';
import { rotated, SWITCH_MS, withdrawn } from '../../../shared/tokens/ring-changes.ts';
import type { Ring } from '../../../shared/tokens/ring-model.ts';
import type { ActivatedLicense } from '../../../shared/tokens/tokens.ts';
import { ISSUER, testRing } from './rings.ts';

const activation = (over: Partial<ActivatedLicense> = {}): ActivatedLicense => ({
  sub: randomUUID(),
  lic: randomUUID(),
  cid: 'workstation-17',
  pos: '4711/4711',
  activatedAt: 1_772_366_400_000,
  ...over,
});

describe('access tokens', () => {
  it('say who, as what, and since which revision', async () => {
    using test = await testRing();
    const subject = randomUUID();
    const made = await test.tokens.signAccessToken({ subject, role: 'user', revision: 7 });
    const verified = await test.tokens.verifyAccessToken(made.token);
    const now = test.now / 1_000;
    expect(made.expiresIn).toBe(900);
    expect(verified).toMatchObject({
      ok: true,
      kid: test.rings.access.signingKey().kid,
      claims: { sub: subject, role: 'user', rev: 7, iat: now - 30, exp: now + 900 },
    });
    expect(decodeProtectedHeader(made.token)).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' });
  });

  it('end with their last second', async () => {
    using test = await testRing();
    const { token } = await test.tokens.signAccessToken({
      subject: 'anna',
      role: 'operator',
      lifetimeSeconds: 60,
    });
    test.now += 59_999;
    expect(await test.tokens.verifyAccessToken(token)).toMatchObject({ ok: true });
    test.now += 1;
    expect(await test.tokens.verifyAccessToken(token)).toEqual({ ok: false, reason: 'expired' });
  });

  it('are each another one', async () => {
    using test = await testRing();
    const make = () => test.tokens.signAccessToken({ subject: 'anna', role: 'analyst' });
    expect((await make()).token).not.toBe((await make()).token);
  });

  it('are not made for a user without an id or a revision', async () => {
    using test = await testRing();
    const { tokens } = test;
    await expect(tokens.signAccessToken({ subject: 'anna', role: 'user', revision: 1 })).rejects.toThrow();
    await expect(tokens.signAccessToken({ subject: randomUUID(), role: 'user' })).rejects.toThrow();
  });
});

describe('activation keys', () => {
  it('are the same for the same license, and verify without an expiry', async () => {
    using test = await testRing();
    const license = activation();
    const key = await test.tokens.signActivationKey(license);
    expect(await test.tokens.signActivationKey(license)).toBe(key);
    test.now += 20 * 365 * 86_400_000;
    const { activatedAt, ...claims } = license;
    const iat = activatedAt / 1_000 - 30;
    expect(await test.tokens.verifyActivationKey(key)).toMatchObject({
      ok: true,
      claims: { ...claims, iat },
    });
  });

  it('fit any client id, within the length that is looked at', async () => {
    using test = await testRing();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }), async (cid) => {
        const license = activation({ cid });
        const verified = await test.tokens.verifyActivationKey(await test.tokens.signActivationKey(license));
        expect(verified).toMatchObject({ ok: true, claims: { lic: license.lic, cid } });
      }),
      { numRuns: 50 },
    );
  });

  it('outlive a rotation and end with a withdrawal', async () => {
    using test = await testRing();
    const claims = activation();
    const key = await test.tokens.signActivationKey(claims);
    const { kid } = test.ring.signingKey();
    await test.change((ring) => rotated(ring, test.now, PUBLISH_LEAD_MS).ring);
    test.now += PUBLISH_LEAD_MS;
    const again = await test.tokens.signActivationKey(claims);
    expect(again).not.toBe(key);
    expect(decodeJwt(again)).toEqual(decodeJwt(key));
    expect(await test.tokens.verifyActivationKey(key)).toMatchObject({ ok: true, kid });

    await test.change((ring) => withdrawn(ring, kid, test.now)?.ring as Ring);
    test.now += SWITCH_MS;
    expect(await test.tokens.verifyActivationKey(key)).toEqual({ ok: false, reason: 'unknown_key' });
    expect(await test.tokens.verifyActivationKey(again)).toMatchObject({ ok: true });
  });
});

describe('leases', () => {
  it('verify offline against the published key set', async () => {
    using test = await testRing();
    const license = { status: 'valid', code: 'VALID' };
    const issuedAt = test.now / 1_000;
    const input = { subject: randomUUID(), issuedAt, expiresAt: issuedAt + 3_600, license };
    const lease = await test.tokens.signLease({ ...input, nonce: 'n-1' });
    const { payload } = await jwtVerify(
      lease,
      createLocalJWKSet({ keys: [...test.rings.lease.jwks().keys] }),
      {
        issuer: ISSUER,
        audience: 'license-system:client',
        typ: 'lease+jwt',
        currentDate: new Date(test.now),
      },
    );
    expect(payload).toMatchObject({ sub: input.subject, iat: issuedAt - 30, nonce: 'n-1', license });
    expect(payload.exp).toBe(issuedAt + 3_600);
    expect(decodeJwt(await test.tokens.signLease(input))).not.toHaveProperty('nonce');
  });
});

describe('kinds of tokens', () => {
  it('don’t stand in for each other: none is under a key of another kind', async () => {
    using test = await testRing();
    const { tokens } = test;
    const subject = randomUUID();
    const { token: access } = await tokens.signAccessToken({ subject, role: 'user', revision: 0 });
    const key = await tokens.signActivationKey(activation());
    const at = test.now / 1_000;
    const lease = await tokens.signLease({ subject, issuedAt: at, expiresAt: at + 60, license: {} });
    const refused = { ok: false, reason: 'unknown_key' };
    expect(await tokens.verifyAccessToken(key)).toEqual(refused);
    expect(await tokens.verifyAccessToken(lease)).toEqual(refused);
    expect(await tokens.verifyActivationKey(access)).toEqual(refused);
    expect(await tokens.verifyActivationKey(lease)).toEqual(refused);
  });

  it('don’t stand in for each other under the one ring of an older release either', async () => {
    using test = await testRing();
    const { access } = test.rings;
    const rings = { access, activation: access, lease: access, session: access };
    const tokens = createTokens({ rings, issuer: ISSUER, clock: () => test.now });
    const { token } = await tokens.signAccessToken({ subject: randomUUID(), role: 'user', revision: 0 });
    const refused = { ok: false, reason: 'wrong_kind' };
    expect(await tokens.verifyActivationKey(token)).toEqual(refused);
    expect(await tokens.verifyAccessToken(await tokens.signActivationKey(activation()))).toEqual(refused);
  });

  it('are good at once where a clock is behind, by half a minute at most', async () => {
    using test = await testRing();
    const { tokens } = test;
    const { token: access } = await tokens.signAccessToken({ subject: 'anna', role: 'operator' });
    const key = await tokens.signActivationKey(activation({ activatedAt: test.now }));
    const at = test.now / 1_000;
    const lease = await tokens.signLease({ subject: 'x', issuedAt: at, expiresAt: at + 60, license: {} });
    for (const token of [access, key, lease]) {
      expect(decodeJwt(token)).toMatchObject({ iat: at - 30, nbf: at - 30 });
    }
    test.now -= 30_000;
    expect(await tokens.verifyAccessToken(access)).toMatchObject({ ok: true });
    test.now += 31_000;
    const { token: ahead } = await tokens.signAccessToken({ subject: 'anna', role: 'operator' });
    test.now -= 31_000;
    expect(await tokens.verifyAccessToken(ahead)).toMatchObject({ ok: false });
    // What a key is worth is decided by positions, so no clock refuses it.
    test.now -= 86_400_000;
    expect(await tokens.verifyActivationKey(key)).toMatchObject({ ok: true });
  });

  it('have keys of their own: withdrawing activation keys ends no session', async () => {
    using test = await testRing();
    const { token } = await test.tokens.signAccessToken({ subject: 'anna', role: 'operator' });
    const key = await test.tokens.signActivationKey(activation());
    const { kid } = test.ring.signingKey();
    await test.change((ring) => withdrawn(ring, kid, test.now)?.ring as Ring);
    test.now += SWITCH_MS;
    expect(await test.tokens.verifyActivationKey(key)).toEqual({ ok: false, reason: 'unknown_key' });
    expect(await test.tokens.verifyAccessToken(token)).toMatchObject({ ok: true });
  });

  it('of another system are refused, also under a shared ring', async () => {
    using test = await testRing();
    const other = createTokens({
      rings: test.rings,
      issuer: 'https://elsewhere.test',
      clock: () => test.now,
    });
    const key = await other.signActivationKey(activation());
    expect(await test.tokens.verifyActivationKey(key)).toEqual({ ok: false, reason: 'wrong_issuer' });
  });
});
