import type { Clock } from '../../../shared/clock.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { UserQueue } from '../../execute/loop/user-queue.ts';
import type { UserStates } from '../../execute/states/user-states.ts';
import type { Held, Reservations } from '../../reservations/reservations.ts';

interface Parts {
  readonly vault: Pick<Vault, 'emailDigest' | 'formerEmailDigest'>;
  readonly reservations: Reservations;
  readonly states: UserStates;
  readonly queue: UserQueue;
  readonly clock: Clock;
}

/** How an email stands: free; reserved for a user who does not exist yet; or somebody's, or blocked. */
export type Standing =
  | { readonly status: 'free'; readonly userId?: never }
  | { readonly status: 'reserved' | 'taken'; readonly userId: string };

/**
 * A reservation for a user who has another email lapses after this long, in milliseconds: a change of email was cut off
 * before it, or before the release of the old one. No append that was tried for it can still be under way then.
 */
const LAPSES_AFTER_MS = 3_600_000;

/** Who has which email, by its reservation and by the state of whom it is reserved for. */
export class Emails {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** How an email stands whose reservation is held like this. @throws EventStoreUnavailable, UnknownEvent */
  async judge(digest: string, held: Held<'email'> | undefined): Promise<Standing> {
    if (!held) return { status: 'free' };
    const { queue, states, clock } = this.#parts;
    const { userId } = held;
    const { status, emailDigest, emailBlocked } = await queue.run(userId, async () => ({
      ...(await states.readToEnd(userId)).account,
    }));
    if (status === 'none') return { status: 'reserved', userId };
    const isTheirs = emailDigest === digest;
    const isFree =
      status === 'erased' ? !(isTheirs && emailBlocked) : !isTheirs && clock() - held.at > LAPSES_AFTER_MS;
    return isFree ? { status: 'free' } : { status: 'taken', userId };
  }

  /** How an email stands now. @throws EventStoreUnavailable, UnknownEvent */
  async standing(digest: string): Promise<Standing> {
    return this.judge(digest, (await this.#parts.reservations.read('email', digest)).holder);
  }

  /** Whether another user has the email in the form that older releases compared. */
  async isTakenInFormerForm(email: string, by?: string): Promise<boolean> {
    const former = await this.#parts.vault.formerEmailDigest(email);
    if (former === undefined) return false;
    const { status, userId } = await this.standing(former);
    return status === 'taken' && userId !== by;
  }

  /**
   * Who may log in with the email, also in the form that older releases compared: if it is theirs by their own state, too.
   * @throws EventStoreUnavailable, UnknownEvent, VaultUnavailable
   */
  async holderOf(email: string): Promise<{ readonly userId: string; readonly digest: string } | undefined> {
    const { vault, reservations } = this.#parts;
    const forms = async function* () {
      yield await vault.emailDigest(email);
      yield await vault.formerEmailDigest(email);
    };
    for await (const digest of forms()) {
      const { holder } = digest === undefined ? {} : await reservations.read('email', digest);
      if (digest !== undefined && holder) return { userId: holder.userId, digest };
    }
    return undefined;
  }
}
