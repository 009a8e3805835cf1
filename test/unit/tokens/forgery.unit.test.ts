import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { ISSUER, type TestRing, testRing } from './rings.ts';

const claims = () => ({ sub: randomUUID(), lic: randomUUID(), cid: 'c', pos: '1/1', iat: 1_772_366_400 });
const AUDIENCE = 'license-system:validation';

/** A token under the ring's real key, with a header and claims of the test's choice. */
function crafted(test: TestRing, header: Partial<JWTHeaderParameters>, over: object = {}, key?: KeyObject) {
  const { kid, privateKey } = test.ring.signingKey();
  return new SignJWT({ ...claims(), iss: ISSUER, aud: AUDIENCE, ...over })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'activation+jwt', kid, ...header } as JWTHeaderParameters)
    .sign(key ?? privateKey);
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('forged tokens', () => {
  it('the crafted token of these tests is good when nothing is changed', async () => {
    using test = await testRing();
    expect(await test.tokens.verifyActivationKey(await crafted(test, {}))).toMatchObject({ ok: true });
  });

  it('a key that says Ed25519, as those of an older release do, stays good', async () => {
    using test = await testRing();
    const verified = await test.tokens.verifyActivationKey(await crafted(test, { alg: 'Ed25519' }));
    expect(verified).toMatchObject({ ok: true });
  });

  it.each([
    ['another typ', { typ: 'JWT' }, {}, 'wrong_kind'],
    ['no typ', { typ: undefined as unknown as string }, {}, 'wrong_kind'],
    ['another kind’s typ', { typ: 'at+jwt' }, {}, 'wrong_kind'],
    ['another audience', {}, { aud: 'license-system:commands' }, 'wrong_kind'],
    ['no audience', {}, { aud: undefined }, 'wrong_kind'],
    ['another issuer', {}, { iss: 'https://elsewhere.test' }, 'wrong_issuer'],
    ['an unknown key id', { kid: 'unknown' }, {}, 'unknown_key'],
    ['a key id that objects have', { kid: '__proto__' }, {}, 'unknown_key'],
    ['no key id', { kid: undefined as unknown as string }, {}, 'unknown_key'],
    ['no license', {}, { lic: undefined }, 'malformed'],
    ['a license that is no id', {}, { lic: '../1' }, 'malformed'],
    ['a position that is none', {}, { pos: '1' }, 'malformed'],
    ['a time that is none', {}, { iat: 1.5 }, 'malformed'],
  ])('%s', async (_what, header, over, reason) => {
    using test = await testRing();
    const verified = await test.tokens.verifyActivationKey(await crafted(test, header, over));
    expect(verified).toEqual({ ok: false, reason });
  });

  it('another key under a known key id', async () => {
    using test = await testRing();
    const token = await crafted(test, {}, {}, generateKeyPairSync('ed25519').privateKey);
    expect(await test.tokens.verifyActivationKey(token)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('a key that the token brings along', async () => {
    using test = await testRing();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' });
    const token = await crafted(test, { jwk } as Partial<JWTHeaderParameters>, {}, privateKey);
    expect(await test.tokens.verifyActivationKey(token)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('no algorithm, and the public key as a shared secret', async () => {
    using test = await testRing();
    const { kid } = test.ring.signingKey();
    const payload = encode({ ...claims(), iss: ISSUER, aud: AUDIENCE });
    const none = `${encode({ alg: 'none', typ: 'activation+jwt', kid })}.${payload}`;
    const filler = Buffer.alloc(64).toString('base64url');
    const hmacHead = `${encode({ alg: 'HS256', typ: 'activation+jwt', kid })}.${payload}`;
    const { x } = test.ring.jwks().keys[0] as { x: string };
    const mac = createHmac('sha256', Buffer.from(x, 'base64url')).update(hmacHead).digest('base64url');
    for (const token of [`${none}.`, none, `${none}.${filler}`, `${hmacHead}.${mac}`]) {
      expect(await test.tokens.verifyActivationKey(token), token).toEqual({ ok: false, reason: 'malformed' });
    }
  });

  it('an extension that must be understood', async () => {
    using test = await testRing();
    const { kid, privateKey } = test.ring.signingKey();
    const header = { alg: 'Ed25519', typ: 'activation+jwt', kid, crit: ['urn:x'], 'urn:x': 1 };
    const token = await new SignJWT({ ...claims(), iss: ISSUER, aud: AUDIENCE })
      .setProtectedHeader(header as JWTHeaderParameters)
      .sign(privateKey, { crit: { 'urn:x': true } });
    expect(await test.tokens.verifyActivationKey(token)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('any one character changed, and any other spelling', async () => {
    using test = await testRing();
    const token = await crafted(test, {});
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
    const change = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(...alphabet));
    await fc.assert(
      fc.asyncProperty(change, async ([place, letter]) => {
        fc.pre(token[place] !== letter);
        const changed = token.slice(0, place) + letter + token.slice(place + 1);
        expect(await test.tokens.verifyActivationKey(changed)).toMatchObject({ ok: false });
      }),
      { numRuns: 300 },
    );
    const spellings = [`${token}=`, `${token} `, ` ${token}`, `${token}\n`, `${token}.`, `Bearer ${token}`];
    for (const spelling of spellings) {
      expect(await test.tokens.verifyActivationKey(spelling)).toMatchObject({ ok: false });
    }
    // The last character of 64 bytes has four spare bits: of 16 spellings that decode alike, one is taken.
    const spare = [...alphabet.slice(0, 64)].filter((letter) => {
      const decoded = Buffer.from(token.slice(-86, -1) + letter, 'base64url');
      return decoded.equals(Buffer.from(token.slice(-86), 'base64url'));
    });
    const taken = await Promise.all(
      spare.map((letter) => test.tokens.verifyActivationKey(token.slice(0, -1) + letter)),
    );
    expect(spare).toHaveLength(16);
    expect(taken.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('any text at all, without throwing', async () => {
    using test = await testRing();
    const part = fc.string({ maxLength: 90 });
    const text = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect(await test.tokens.verifyActivationKey(token)).toMatchObject({ ok: false });
        expect(await test.tokens.verifyAccessToken(token)).toMatchObject({ ok: false });
      }),
    );
  });

  it('one longer than 4 KiB, however well signed', async () => {
    using test = await testRing();
    const token = await crafted(test, {}, { note: 'x'.repeat(4_000) });
    expect(await test.tokens.verifyActivationKey(token)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('one of a ring that was replaced', async () => {
    using test = await testRing();
    using other = await testRing();
    const foreign = createTokens({ rings: other.rings, issuer: ISSUER, clock: () => test.now });
    const key = await foreign.signActivationKey({ ...claims(), activatedAt: 0 });
    expect(await test.tokens.verifyActivationKey(key)).toEqual({ ok: false, reason: 'unknown_key' });
  });
});
