import type { Vault } from '../../shared/vault/vault.ts';
import type { LicenseKey } from '../domain/entities.ts';
import { withLiveToken } from '../execute/admission.ts';
import type { UserQueue } from '../execute/loop/user-queue.ts';
import { type Caller, type Outcome, type Refused, refused } from '../execute/requests.ts';
import type { UserStates } from '../execute/states/user-states.ts';
import type { Holders } from '../reservations/kinds.ts';
import {
  createIssueLicenseKey,
  type IssueLicenseKeyRequest,
  type IssueParts,
  textOfLicenseKey,
} from './issue.ts';

/** A user's license keys as they are now, in the order of their ids, which is that in which they were issued. */
export interface ListedLicenseKeys {
  readonly kind: 'listed';
  readonly keys: readonly LicenseKey[];
  /** As of when their status is to be computed, in milliseconds since 1970. */
  readonly at: number;
}

export interface LicenseKeys {
  /** @throws what the executor throws */
  issue(request: IssueLicenseKeyRequest): Promise<Outcome>;
  /** From the user's stream as it is now, so behind nothing that was acknowledged. */
  listOf(userId: string, caller: Caller): Promise<ListedLicenseKeys | Refused>;
  /** Whose key has this `licenseKeyHash`, and its id; asked of the log alone. It need not have been issued in the end. */
  holderOf(hash: string): Promise<Holders['key'] | undefined>;
  /** What is typed; null where another system made it. */
  textOf(key: Pick<LicenseKey, 'keyId' | 'imported'>): Promise<string | null>;
}

interface Parts extends IssueParts {
  readonly dependencies: IssueParts['dependencies'] & { readonly vault: Vault };
  readonly states: UserStates;
  readonly queue: UserQueue;
}

export function createLicenseKeys(parts: Parts): LicenseKeys {
  const { dependencies, reservations, states, queue } = parts;
  const { vault, clock } = dependencies;
  return {
    issue: createIssueLicenseKey(parts),
    listOf(userId, caller) {
      const now = clock(); // first, so that a node whose clock is wrong answers nothing
      return queue.run(userId, async () => {
        const state = await states.readToEnd(userId);
        const notAdmitted = withLiveToken(caller, userId)(state, undefined);
        if (notAdmitted) return refused(notAdmitted);
        if (state.account.status === 'none') return refused({ code: 'not_found', what: 'user' });
        const keys = [...state.licenseKeys.byId.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
        return { kind: 'listed', keys, at: Math.max(now, state.lastEventAt) };
      });
    },
    async holderOf(hash) {
      return (await reservations.read('key', await vault.reservationDigest('key', hash))).holder;
    },
    textOf: async ({ keyId, imported }) => (imported ? null : textOfLicenseKey(vault, keyId)),
  };
}
