import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emailVerificationToken,
  openEmailVerification,
  openPasswordReset,
  passwordResetToken,
} from '../../../shared/tokens/one-time.ts';
import type { Vault } from '../../../shared/vault/vault.ts';

/** Derives as the vault does: under a key for each kind. */
const vault: Pick<Vault, 'derive'> = {
  derive: async (kind, id) => createHmac('sha256', `key of ${kind}`).update(id).digest(),
};
const uuid = fc.uuid();
const revision = fc.integer({ min: -1, max: 1_000_000 });

describe('a one-time token', () => {
  it('names what it was made for', async () => {
    await fc.assert(
      fc.asyncProperty(uuid, uuid, async (userId, resetId) => {
        const token = await passwordResetToken(vault, { userId, resetId });
        expect(token).toMatch(/^[\w-]{86}$/);
        expect(await openPasswordReset(vault, token)).toEqual({ userId, resetId });
      }),
    );
    await fc.assert(
      fc.asyncProperty(uuid, revision, revision, async (userId, emailRevision, passwordRevision) => {
        const claims = { userId, emailRevision, passwordRevision, expiresAt: 1_790_000_000_000 };
        expect(await openEmailVerification(vault, await emailVerificationToken(vault, claims))).toEqual(
          claims,
        );
      }),
    );
  });

  it('with any character changed is none, nor is any text, nor one of another kind', async () => {
    const reset = { userId: crypto.randomUUID(), resetId: crypto.randomUUID() };
    const token = await passwordResetToken(vault, reset);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_'), async (place, character) => {
        const changed = token.slice(0, place) + character + token.slice(place + 1);
        expect(await openPasswordReset(vault, changed)).toEqual(changed === token ? reset : undefined);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await openPasswordReset(vault, text)).toBeUndefined();
        expect(await openEmailVerification(vault, text)).toBeUndefined();
      }),
    );
    expect(await openEmailVerification(vault, token)).toBeUndefined();
  });
});
