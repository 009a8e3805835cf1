import { describe, expect, it } from 'vitest';
import { remembering } from '../../../shared/tokens/remembered.ts';
import type { AccessClaims, Verified } from '../../../shared/tokens/tokens.ts';

const EXP = 1_000;

/** A verifier that takes every token but `bad…`, and says how often it was asked. */
function verifier(most?: number) {
  const state = { now: 0, accepted: true, asked: [] as string[] };
  const ring = { accepts: () => state.accepted };
  const verify = remembering(
    async (token): Promise<Verified<AccessClaims>> => {
      state.asked.push(token);
      if (token.startsWith('bad') || !state.accepted) return { ok: false, reason: 'bad_signature' };
      if (state.now >= EXP * 1_000) return { ok: false, reason: 'expired' };
      return { ok: true, kid: 'k', claims: { sub: token, role: 'operator', jti: token, iat: 0, exp: EXP } };
    },
    { ring, clock: () => state.now },
    most,
  );
  return { state, verify };
}

describe('a token that was verified before', () => {
  it('is not verified again', async () => {
    const { state, verify } = verifier();
    const first = await verify('a');
    expect(await verify('a')).toEqual(first);
    expect(state.asked).toEqual(['a']);
  });

  it('ends with its last second all the same', async () => {
    const { state, verify } = verifier();
    await verify('a');
    state.now = EXP * 1_000 - 1;
    expect(await verify('a')).toMatchObject({ ok: true });
    state.now += 1;
    expect(await verify('a')).toEqual({ ok: false, reason: 'expired' });
  });

  it('is refused once its key is withdrawn', async () => {
    const { state, verify } = verifier();
    await verify('a');
    state.accepted = false;
    expect(await verify('a')).toMatchObject({ ok: false });
  });
});

it('bad tokens are not remembered, and push no good one out', async () => {
  const { state, verify } = verifier(2);
  await verify('a');
  for (let i = 0; i < 10; i += 1) await verify(`bad${i}`);
  await verify('a');
  expect(state.asked.filter((token) => token === 'a')).toHaveLength(1);
});

it('the token used longest ago is forgotten first', async () => {
  const { state, verify } = verifier(2);
  for (const token of ['a', 'b', 'a', 'c', 'a', 'b']) await verify(token);
  expect(state.asked).toEqual(['a', 'b', 'c', 'b']);
});
