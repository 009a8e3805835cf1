import { setTimeout as wait } from 'node:timers/promises';
import type { Queryable } from '../shared/adapters/postgres/pool.ts';
import { Problem } from '../shared/http/problems/problem.ts';
import type { AccessClaims, SessionClaims } from '../shared/tokens/tokens.ts';
import type { ServiceKeyUses } from '../shared/usage/service-key-uses.ts';
import { staffSessionHasEnded, staffTokenHasEnded } from './queries/staff.ts';
import { tokenHasEnded } from './queries/users.ts';

/** What a token was made from may be newer than the read model; then it is waited for, a moment. */
const BEHIND_WAIT_MS = 1_000;
const BEHIND_LOOK_MS = 100;

/** Undefined while the read model does not say. */
async function ask(db: Queryable, claims: AccessClaims | SessionClaims): Promise<boolean | undefined> {
  if (claims.role === 'member') return staffSessionHasEnded(db, claims);
  if (claims.role === 'user') return tokenHasEnded(db, claims);
  // The command-line tool's tokens end by themselves.
  return claims.role === 'staff' ? staffTokenHasEnded(db, claims) : false;
}

/**
 * Says whether an access token was ended before its time, by the read model: within the time that a change takes to get
 * there. A service account's key that is used is noted.
 * @throws Problem read_model_behind: that can't be told yet
 */
export const endedTokens =
  (db: Queryable, uses: Pick<ServiceKeyUses, 'note'>) =>
  async (claims: AccessClaims | SessionClaims): Promise<boolean> => {
    for (const deadline = performance.now() + BEHIND_WAIT_MS; ; ) {
      const ended = await ask(db, claims);
      if (ended === false && claims.role === 'staff') uses.note(claims.key);
      if (ended !== undefined) return ended;
      if (performance.now() >= deadline) throw new Problem('read_model_behind');
      await wait(BEHIND_LOOK_MS);
    }
  };
