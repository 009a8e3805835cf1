import { Problem } from '../problems/problem.ts';
import { addressKey } from './client-address.ts';
import type { RateLimiter } from './rate-limit.ts';

/** What can be guessed at. Each kind is counted for itself. `email`: which ones are taken. */
export const GUESS_KINDS = ['password', 'second_factor', 'email', 'license_key', 'service_key'] as const;
export type GuessKind = (typeof GUESS_KINDS)[number];

/** Something secret that a caller says, and that may be a guess. */
export interface Guess {
  readonly kind: GuessKind;
  /** The caller's; an IPv6 address counts as its /64. Empty for a caller that came over no connection. */
  readonly address: string;
  /** Whose secret it would be, whether there is such an account or not; a digest where the name is personal. */
  readonly account?: string | undefined;
}

/** Counts guesses that were wrong, and lets no more through than it may. */
export interface Guesses {
  /**
   * Runs `attempt`, and counts it if it was wrong. What throws was no answer, and is not counted.
   * @param isRight whether the secret was right; what is neither (it was not looked at) makes no address one of the owner's
   * @throws Problem rate_limited, without having run it; and what `attempt` throws
   */
  attempt<T>(
    guess: Guess,
    attempt: () => Promise<T>,
    isWrong: (result: T) => boolean,
    isRight?: (result: T) => boolean,
  ): Promise<T>;
}

/** Which addresses an account was reached from; `shared/adapters/redis` implements it. */
export interface KnownAddresses {
  /** False also if that can't be found out. */
  has(account: string, address: string): Promise<boolean>;
  /** Failing is no error. */
  remember(account: string, address: string): void;
}

export interface FailureLimitOptions {
  /** Its window is the time that the limits are for. */
  readonly limiter: RateLimiter;
  /** Wrong guesses of one kind by an address, whatever they are at. */
  readonly perAddress: number;
  /** Wrong guesses at an account, wherever they come from. */
  readonly perAccount: number;
  readonly known: KnownAddresses;
  /** Told of every attempt that was refused. For metrics. */
  readonly onRefused: (kind: GuessKind) => void;
}

interface Bound {
  readonly of: 'address' | 'account';
  readonly key: string;
  readonly limit: number;
}

/**
 * Limits wrong guesses by address and by account. An account that was guessed at too often takes no more attempts in this
 * window, but from addresses that were right before: so nobody can lock its owner out. Each of those has the account's limit
 * for itself.
 *
 * Attempts under way count as wrong until they turn out right, so a thousand at once are no more guesses than one after
 * another. Over n nodes, n - 1 guesses more than the limit come through, one at each before it learns of the others' (see
 * {@link RateLimiter}), and what is under way within one exchange.
 *
 * Rejected: a token that the client keeps and shows again (OWASP's device cookie), because programs keep no cookies; and
 * waiting longer and longer before each answer, because an attacker waits in parallel.
 */
export class FailureLimit implements Guesses {
  readonly #options: FailureLimitOptions;
  readonly #underWay = new Map<string, number>();

  constructor(options: FailureLimitOptions) {
    this.#options = options;
  }

  async attempt<T>(
    guess: Guess,
    attempt: () => Promise<T>,
    isWrong: (result: T) => boolean,
    isRight = (result: T) => !isWrong(result),
  ): Promise<T> {
    const bounds = await this.#bounds(guess);
    for (const bound of bounds) this.#assertLeft(bound, guess.kind);
    for (const { key } of bounds) this.#begin(key);
    try {
      const result = await attempt();
      if (isWrong(result)) for (const { key, limit } of bounds) this.#options.limiter.check(key, limit);
      else if (guess.account !== undefined && isRight(result))
        this.#options.known.remember(named(guess.kind, guess.account), addressKey(guess.address));
      return result;
    } finally {
      for (const { key } of bounds) this.#end(key);
    }
  }

  async #bounds({ kind, address, account }: Guess): Promise<readonly Bound[]> {
    const { perAddress, perAccount, known } = this.#options;
    const from = addressKey(address);
    const ofAddress: Bound = { of: 'address', key: `wrong:${kind}:from:${from}`, limit: perAddress };
    if (account === undefined) return [ofAddress];
    const ofAccount: Bound = { of: 'account', key: `wrong:${kind}:at:${account}`, limit: perAccount };
    if (this.#left(ofAccount) > 0 || !(await known.has(named(kind, account), from)))
      return [ofAddress, ofAccount];
    return [ofAddress, { ...ofAccount, key: `${ofAccount.key}:from:${from}` }];
  }

  /** How many more attempts may begin. */
  #left({ key, limit }: Bound): number {
    return this.#options.limiter.look(key, limit).remaining - (this.#underWay.get(key) ?? 0);
  }

  #assertLeft(bound: Bound, kind: GuessKind): void {
    if (this.#left(bound) > 0) return;
    this.#options.onRefused(kind);
    const { allowed, resetSeconds } = this.#options.limiter.look(bound.key, bound.limit);
    // Of those under way one will most likely turn out right, and makes room.
    throw new Problem('rate_limited', {
      detail: DETAILS[bound.of],
      headers: { 'Retry-After': String(allowed ? 1 : resetSeconds) },
    });
  }

  #begin(key: string): void {
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
  }

  #end(key: string): void {
    const left = (this.#underWay.get(key) ?? 0) - 1;
    if (left > 0) this.#underWay.set(key, left);
    else this.#underWay.delete(key);
  }
}

const named = (kind: string, account: string): string => `${kind}:${account}`;

const DETAILS = {
  address: 'Too many wrong attempts came from this address. Try again after the time in Retry-After.',
  account:
    'Too many wrong attempts were made at this account. Try again after the time in Retry-After, or from where it was reached before.',
};
