import { randomUUID } from 'node:crypto';
import { normaliseEmail } from '../../../shared/identity/email.ts';
import { uuidv5 } from '../../../shared/ids.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { StaffState } from '../../domain/staff/state.ts';
import type { StaffStreams } from '../streams.ts';

/** The namespace of the ids that follow from emails; chosen once at random. */
const MEMBERS = 'b1f3c8a4-2d67-4e0b-9a51-6c7d8e9f0a12';
/** Nobody is removed and taken on again so often. */
const MOST = 100;

/** A person by email: as they are, or the id that whoever is invited with it would have. */
export interface FoundMember {
  readonly staffId: string;
  /** Of the email; a digest of what was typed where it is none. */
  readonly emailDigest: string;
  readonly state: Pick<StaffState, 'account' | 'logIn' | 'lastEventAt'>;
}

/**
 * A person's id follows from the email's digest, so that of two who are invited with one email the stream takes the first
 * alone: no reservation is needed. It counts how often they were removed, because the data key of whoever was is gone for good.
 * As many streams are read for an email that nobody has as for the usual one: the first two.
 */
export function createFindMember(vault: Pick<Vault, 'emailDigest'>, streams: StaffStreams) {
  const stateOf = (staffId: string) =>
    streams.read(staffId, ({ account, logIn, lastEventAt }) => ({ account, logIn, lastEventAt }));

  return async (typed: string): Promise<FoundMember> => {
    const email = normaliseEmail(typed);
    const emailDigest = await vault.emailDigest(email ?? typed);
    const idOf = (n: number) => (email === undefined ? randomUUID() : uuidv5(MEMBERS, `${emailDigest} ${n}`));
    const ids = [idOf(0), idOf(1)];
    const first = await Promise.all(ids.map(stateOf));
    for (let n = 0; n < MOST; n += 1) {
      const staffId = ids[n] ?? idOf(n);
      const state = first[n] ?? (await stateOf(staffId));
      if (state.account?.status !== 'removed') return { staffId, emailDigest, state };
    }
    throw new Error(`a member of staff was removed ${MOST} times`);
  };
}

export type FindMember = ReturnType<typeof createFindMember>;
