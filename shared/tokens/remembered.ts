import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { KeyRing } from './key-ring.ts';
import type { Verified } from './tokens.ts';

/** About 10 MB. */
const MOST = 10_000;

type Verify<C> = (token: string) => Promise<Verified<C>>;

/**
 * Verifies each access token once: a caller asks with the same one for minutes, and a signature costs 0.1 ms of CPU,
 * a fifth of a command. At each use it is still asked whether the token has expired and whether its key is accepted.
 * Only good tokens are remembered, so a flood of forged ones pushes none out; the one used longest ago goes first.
 */
export function remembering<C extends { readonly exp: number }>(
  verify: Verify<C>,
  { ring, clock }: { readonly ring: Pick<KeyRing, 'accepts'>; readonly clock: Clock },
  most = MOST,
): Verify<C> {
  const known = new LRUCache<string, Extract<Verified<C>, { ok: true }>>({ max: most });
  return async (token) => {
    const before = known.get(token);
    if (before && before.claims.exp * 1_000 > clock() && ring.accepts(before.kid)) return before;
    const verified = await verify(token);
    if (verified.ok) known.set(token, verified);
    else known.delete(token);
    return verified;
  };
}
