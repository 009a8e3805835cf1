import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { VerifiedKeys } from '../../../query-service/validation/keys/verified-keys.ts';
import { systemClock } from '../../../shared/clock.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import type { KeyRing } from '../../../shared/tokens/key-ring.ts';
import { newRingEntry, privateKeyOf, publicKeyOf } from '../../../shared/tokens/ring-model.ts';
import type { Tokens } from '../../../shared/tokens/tokens.ts';

const id = () => uuidv7(Date.now(), randomBytes(10));
const claims = () => ({ sub: id(), lic: id(), cid: 'laptop', pos: '10/10', activatedAt: 1_000 });

function ringInMemory(): KeyRing {
  const entry = newRingEntry(0, 0);
  const publicKey = publicKeyOf(entry);
  return {
    signingKey: () => ({ kid: entry.kid, privateKey: privateKeyOf(entry) }),
    verifyingKey: (kid) => (kid === entry.kid ? publicKey : undefined),
    accepts: (kid) => kid === entry.kid,
    jwks: () => ({ keys: [] }),
  };
}

function setUp(limits: { maxKeys?: number; maxBad?: number; atOnce?: number } = {}) {
  const ring = ringInMemory();
  const tokens = createTokens({
    rings: { access: ring, activation: ring, lease: ring, session: ring },
    issuer: 'test',
    clock: systemClock,
  });
  const verified = { count: 0, atOnce: 0, most: 0 };
  const counting: Pick<Tokens, 'verifyActivationKey'> = {
    async verifyActivationKey(token) {
      verified.count += 1;
      verified.atOnce += 1;
      verified.most = Math.max(verified.most, verified.atOnce);
      const answer = await tokens.verifyActivationKey(token);
      verified.atOnce -= 1;
      return answer;
    },
  };
  const withdrawn = new Set<string>();
  const keys = new VerifiedKeys({
    tokens: counting,
    ring: { accepts: (kid) => ring.accepts(kid) && !withdrawn.has(kid) },
    maxKeys: 1_000,
    ...limits,
  });
  return { keys, tokens, verified, withdraw: (kid: string) => withdrawn.add(kid) };
}

/** The same claims under a signature that is none. */
const forged = (token: string, n: number): string =>
  `${token.slice(0, token.lastIndexOf('.') + 1)}${String(n).padStart(85, 'A')}A`;

describe('keys', () => {
  it('are verified once and then remembered', async () => {
    const { keys, tokens, verified } = setUp();
    const asked = claims();
    const token = await tokens.signActivationKey(asked);
    expect(keys.remembered(token)).toBeUndefined();
    const [a, b] = await Promise.all([keys.verify(token), keys.verify(token)]);
    expect(a).toMatchObject({
      licenseId: asked.lic,
      userId: asked.sub,
      activated: { commit: 10n, prepare: 10n },
    });
    expect(b).toBe(a);
    expect(keys.remembered(token)).toBe(a);
    expect(verified.count).toBe(1);
  });

  it('are good no longer once their key id is withdrawn', async () => {
    const { keys, tokens, withdraw } = setUp();
    const token = await tokens.signActivationKey(claims());
    const key = await keys.verify(token);
    withdraw(key?.kid as string);
    expect(keys.remembered(token)).toBeUndefined();
  });

  it('that are bad are remembered too, by their digests', async () => {
    const { keys, tokens, verified } = setUp();
    const bad = forged(await tokens.signActivationKey(claims()), 1);
    for (let i = 0; i < 3; i += 1) expect(await keys.verify(bad)).toBeUndefined();
    expect(verified.count).toBe(1);
    expect(keys.size).toEqual({ good: 0, bad: 1 });
  });

  it.each(['', 'x', 'a.b.c', `a.b.${'c'.repeat(85)}`, `.${'c'.repeat(86)}`, 'x'.repeat(10_000)])(
    'of a wrong shape (%#) are not verified at all',
    async (token) => {
      const { keys, verified } = setUp();
      expect(await keys.verify(token)).toBeUndefined();
      expect(verified.count).toBe(0);
    },
  );

  it('that are good are not pushed out by a flood of forged ones', async () => {
    const { keys, tokens } = setUp({ maxKeys: 100, maxBad: 50 });
    const good = await Promise.all(Array.from({ length: 40 }, () => tokens.signActivationKey(claims())));
    await Promise.all(good.map((token) => keys.verify(token)));
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => keys.verify(forged(good[0] as string, n))));
    expect(good.filter((token) => keys.remembered(token)).length).toBe(40);
    expect(keys.size.bad).toBeLessThanOrEqual(50);
  });

  it('are verified a few at a time', async () => {
    const { keys, tokens, verified } = setUp({ atOnce: 4 });
    const token = await tokens.signActivationKey(claims());
    await Promise.all(Array.from({ length: 100 }, (_, n) => keys.verify(forged(token, n))));
    expect(verified.count).toBe(100);
    expect(verified.most).toBeLessThanOrEqual(4);
  });

  it('beyond what may wait are refused, and not queued without bound', async () => {
    const { keys, tokens } = setUp({ atOnce: 1 });
    const token = await tokens.signActivationKey(claims());
    const answers = await Promise.allSettled(
      Array.from({ length: 20_050 }, (_, n) => keys.verify(forged(token, n))),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBe(49);
    expect(refused[0]?.reason).toMatchObject({ code: 'busy' });
  });
});
