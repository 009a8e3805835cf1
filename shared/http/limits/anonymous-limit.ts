import { Problem } from '../problems/problem.ts';
import { addressKey } from './client-address.ts';
import type { RateDecision, RateLimiter } from './rate-limit.ts';

const NAME = 'anonymous';

/**
 * Bounds by address, over all nodes, the requests that nobody answers for: those without a credential, and those whose
 * credential is no good. An IPv6 address counts as its /64.
 */
export class AnonymousLimit {
  readonly #limiter: RateLimiter;
  readonly #perMinute: number;

  constructor(limiter: RateLimiter, perMinute: number) {
    this.#limiter = limiter;
    this.#perMinute = perMinute;
  }

  /** Counts such a request. @throws Problem rate_limited: there were too many in this minute */
  count(address: string): void {
    const decision = this.#limiter.check(`${NAME}:${addressKey(address)}`, this.#perMinute);
    if (!decision.allowed) throw refused(decision);
  }

  /** For what costs something before it is known whose it is. @throws Problem rate_limited as {@link count} does */
  assertLeft(address: string): void {
    const decision = this.#limiter.look(`${NAME}:${addressKey(address)}`, this.#perMinute);
    if (!decision.allowed) throw refused(decision);
  }
}

const refused = ({ resetSeconds }: RateDecision): Problem =>
  new Problem('rate_limited', { headers: { 'Retry-After': String(resetSeconds) } });
