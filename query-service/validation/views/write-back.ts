import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { Breaker } from './breaker.ts';
import type { Loaded, Named, PairLoaderOptions } from './loading.ts';
import { missed } from './missed.ts';

export interface Written {
  readonly named: Named;
  readonly loaded: Loaded;
}

/**
 * Writes what was loaded from PostgreSQL to Redis, behind the requests: all of one turn of the event loop in one round
 * trip. What was replaced meanwhile, as far as this node knows, is left out; of the rest Redis takes what is newer.
 */
export class WriteBack {
  readonly #options: PairLoaderOptions;
  readonly #redis: Breaker;
  #waiting: Written[] = [];

  constructor(options: PairLoaderOptions, redis: Breaker) {
    this.#options = options;
    this.#redis = redis;
  }

  add(written: Written): void {
    this.#waiting.push(written);
    if (this.#waiting.length === 1) setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { cacheEpoch } = this.#options.trust;
    // In no epoch that is not known: it might be the wrong one.
    if (!this.#redis.closed || cacheEpoch === undefined) return;
    const licenses = new Map<string, LicenseView>();
    const users = new Map<string, UserView>();
    for (const { named, loaded } of waiting.filter((each) => !this.#isReplaced(each))) {
      licenses.set(named.licenseId, loaded.license);
      users.set(named.userId, loaded.user);
    }
    try {
      await this.#redis.run(() => this.#options.sources.write({ licenses, users }, cacheEpoch));
    } catch (error) {
      this.#options.onFailure('redis', error);
    }
  }

  #isReplaced({ named, loaded }: Written): boolean {
    const { license, user, epoch, cacheEpoch } = loaded;
    const { trust, licenses, users, clock } = this.#options;
    const now = clock();
    return (
      trust.epoch !== epoch ||
      trust.cacheEpoch !== cacheEpoch ||
      missed(trust, loaded) !== undefined ||
      licenses.isBelowFloor(named.licenseId, license, now) ||
      users.isBelowFloor(named.userId, user, now)
    );
  }
}
